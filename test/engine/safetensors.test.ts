import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FileFormatError, readSafetensors, writeSafetensors } from '#engine/safetensors.ts';
import { type Tensor, type Tensors, tensor, tensorFrom } from '#engine/tensor.ts';
import { readStateFile, writeStateFile } from '#engine/training/state-file.ts';

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
const sizeOf = (shape: readonly number[]) => shape.reduce((size, dim) => size * dim, 1);

/** Any bits: what is no number is to come back as the very same bits too. */
const anyTensor: fc.Arbitrary<Tensor> = shapes.chain((shape) => {
  const bytes = (width: number) =>
    fc.uint8Array({ minLength: sizeOf(shape) * width, maxLength: sizeOf(shape) * width }).map((b) => b.slice().buffer);
  return fc.oneof(
    bytes(4).map((b): Tensor => tensor('float32', shape, new Float32Array(b))),
    bytes(8).map((b): Tensor => tensor('float64', shape, new Float64Array(b))),
    bytes(8).map((b): Tensor => tensor('int64', shape, new BigInt64Array(b))),
    bytes(4).map((b): Tensor => tensor('int32', shape, new Int32Array(b))),
    bytes(2).map((b): Tensor => tensor('float16', shape, new Uint16Array(b))),
    bytes(2).map((b): Tensor => tensor('bfloat16', shape, new Uint16Array(b))),
    bytes(1).map((b): Tensor => tensor('bool', shape, new Uint8Array(b))),
  );
});
const anyTensors = fc.dictionary(fc.string(), anyTensor, { maxKeys: 5 });
const anyWords = fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 });

const bits = (tensors: Tensors) =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
      const { buffer, byteOffset, byteLength } = data as Float32Array;
      return [name, { dtype, shape, bits: Buffer.from(buffer, byteOffset, byteLength).toString('hex') }];
    }),
  );

/** The header of a file and its data. */
function fileOf(header: unknown, data: Uint8Array = new Uint8Array()): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

describe('safetensors', () => {
  test('lays a file out as every reader expects it', () => {
    const file = Buffer.concat(
      writeSafetensors({ b: tensorFrom('int32', [2], [1, -1]), a: tensorFrom('int64', [], [7]) }, { format: 'pt' }),
    );
    const length = Number(file.readBigUInt64LE());
    expect(length % 8).toBe(0);
    expect(JSON.parse(file.toString('utf8', 8, 8 + length))).toEqual({
      __metadata__: { format: 'pt' },
      a: { dtype: 'I64', shape: [], data_offsets: [0, 8] },
      b: { dtype: 'I32', shape: [2], data_offsets: [8, 16] },
    });
    expect(file.subarray(8 + length).toString('hex')).toBe('070000000000000001000000ffffffff');
  });

  test('brings back every bit, wherever in memory the file lies', () => {
    fc.assert(
      fc.property(anyTensors, anyWords, fc.integer({ min: 0, max: 7 }), (tensors, words, shift) => {
        const file = Buffer.concat(writeSafetensors(tensors, words));
        const moved = new Uint8Array(new ArrayBuffer(file.length + shift), shift);
        moved.set(file);
        const read = readSafetensors(moved);
        expect(bits(read.tensors)).toEqual(bits(tensors));
        expect(read.metadata).toEqual(words);
      }),
    );
  });

  test('copies no tensor to write it', () => {
    const t = tensorFrom('float32', [3], [1, 2, 3]);
    expect(writeSafetensors({ t })[1]!.buffer).toBe(t.data.buffer);
  });

  test('refuses what it cannot hold', () => {
    expect(() => writeSafetensors({ s: tensor('string', [1], ['x']) })).toThrow(
      "tensor 's' must hold numbers; got strings",
    );
    expect(() => writeSafetensors({ __metadata__: tensorFrom('bool', [], [1]) })).toThrow('may not be called');
  });

  const one = { t: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } };
  test.each([
    ['is too short', new Uint8Array(7), 'it must have 8 bytes; got 7'],
    ['has a header beyond its end', Buffer.from('ffffffffffffff7f', 'hex'), 'its header must have at most 0 bytes'],
    ['has no JSON', fileOf('{'), 'its header is no JSON object'],
    ['has a list for a header', fileOf([]), 'its header is no JSON object'],
    ['has too few bytes', fileOf(one, new Uint8Array(3)), 'its tensors need 4 bytes; got 3'],
    ['has too many bytes', fileOf(one, new Uint8Array(5)), 'its tensors must take 5 bytes; got 4'],
    ['has a hole', fileOf({ t: { ...one.t, data_offsets: [1, 5] } }, new Uint8Array(5)), 'must begin at byte 0; got 1'],
    ['has a type of nobody', fileOf({ t: { ...one.t, dtype: 'F3' } }), `tensor 't' has the unknown type "F3"`],
    ['has no shape', fileOf({ t: { ...one.t, shape: [-1] } }), "tensor 't' has no shape or no place"],
    ['has no place', fileOf({ t: { ...one.t, data_offsets: [0] } }), "tensor 't' has no shape or no place"],
    ['has no tensor', fileOf({ t: null }), `tensor 't' has the unknown type undefined`],
    ['has a shape of another size', fileOf({ t: { ...one.t, shape: [2] } }), "tensor 't' must have 8 bytes; got 4"],
    ['has numbers for words', fileOf({ __metadata__: { n: 1 } }), "its metadata 'n' must be a string"],
    ['has a list of words', fileOf({ __metadata__: [] }), 'its metadata are no JSON object'],
  ])('refuses a file that %s', (_, file, reason) => {
    expect(() => readSafetensors(file)).toThrow(reason);
    expect(() => readSafetensors(file)).toThrow(FileFormatError);
  });
});

describe('a state file', () => {
  const state = { w: tensorFrom('float32', [2, 2], [1, -0, Number.NaN, 1e-45]), step: tensorFrom('int64', [], [9]) };

  test('is told from a damaged one, whichever bit is another', () => {
    const file = Buffer.concat(writeStateFile(state, { epoch: '3' }));
    expect(readStateFile(file)).toEqual({ tensors: state, metadata: { epoch: '3' } });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: file.length * 8 - 1 }), (bit) => {
        const damaged = Buffer.from(file);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        try {
          // A space between two tokens of the header may be another kind of space.
          expect(readStateFile(damaged)).toEqual({ tensors: state, metadata: { epoch: '3' } });
        } catch (error) {
          expect(error).toBeInstanceOf(FileFormatError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('is told from one that is cut short, wherever', () => {
    const file = Buffer.concat(writeStateFile(state));
    for (let length = 0; length < file.length; length++) {
      expect(() => readStateFile(file.subarray(0, length))).toThrow(FileFormatError);
    }
  });

  test('is told from one without a digest', () => {
    expect(() => readStateFile(Buffer.concat(writeSafetensors(state)))).toThrow('its SHA-256 must be given');
  });
});

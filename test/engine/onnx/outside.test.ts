/** A model of bytes never makes the runtime read a file, wherever in the model its tensors are. */

import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { OnnxError } from '#engine/onnx/decode.ts';
import { findOutside } from '#engine/onnx/outside.ts';
import { encodeTensor, type TensorProto } from '#engine/onnx/proto.ts';
import { field } from '#engine/onnx/wire.ts';
import { inferredShapes, openSession, RuntimeError } from '#engine/run.ts';
import { toNumbers } from '#engine/tensor.ts';
import { file, node } from './files.ts';

const message = (...fields: readonly Uint8Array[]): Buffer => Buffer.concat(fields);
const within = (number: number, ...pieces: readonly Uint8Array[]): Buffer => Buffer.concat(field(number, ...pieces));
const text = (number: number, value: string): Buffer => within(number, Buffer.from(value));

/** Below the folder that this process runs in. */
const FILE = `outside-${randomUUID()}.bin`;
writeFileSync(FILE, Buffer.from(Float32Array.of(41, 42).buffer));
afterAll(() => rmSync(FILE));

const outside: TensorProto = {
  name: 'w',
  dims: [2],
  dataType: 1,
  dataLocation: 1,
  externalData: [{ key: 'location', value: FILE }],
};
const TENSOR = encodeTensor(outside);

const GRAPHS: readonly [string, Buffer][] = [
  ['an initialiser', within(5, TENSOR)],
  ['the values of a sparse initialiser', within(15, within(1, TENSOR))],
  ['the indices of a sparse initialiser', within(15, within(2, TENSOR))],
  ...(
    [
      ['the tensor of an attribute', within(5, TENSOR)],
      ['the tensors of an attribute', within(10, TENSOR)],
      ['a graph of an attribute', within(6, within(5, TENSOR))],
      ['graphs of an attribute', within(11, within(1, within(5, within(10, TENSOR))))],
      ['a sparse tensor of an attribute', within(22, within(1, TENSOR))],
      ['sparse tensors of an attribute', within(23, within(2, TENSOR))],
    ] as const
  ).map(([where, attribute]): [string, Buffer] => [where, within(1, within(5, attribute))]),
];

const PLACES: readonly [string, Buffer][] = [
  ...GRAPHS.map(([where, graph]): [string, Buffer] => [where, within(7, graph)]),
  ['the first graph of a training', within(20, within(1, within(5, TENSOR)))],
  ['the second graph of a training', within(20, within(2, within(5, TENSOR)))],
  ['a node of a function', within(25, within(7, within(5, within(5, TENSOR))))],
  ['a default of a function', within(25, within(11, within(5, TENSOR)))],
];

const identity = (initializer: TensorProto[]) => file({ node: [node('Identity', ['w'], ['y'])], initializer });

describe('a tensor with its data elsewhere', () => {
  test.each(PLACES)('is found in %s', (_, model) => {
    expect(findOutside(model)).toEqual([{ name: 'w', locations: [FILE] }]);
  });

  test.each([
    ['only says so', [Buffer.from([0x70, 1])], []],
    ['says so by a number that a parser cuts to 1', [Buffer.from([0x70, 0x81, 0x80, 0x80, 0x80, 0x10])], []],
    ['says so by a longer tag', [Buffer.from([0xf0, 0x00, 1])], []],
    ['only names a file', [within(13, text(1, 'location'), text(2, 'a'))], ['a']],
    [
      'gives its key twice',
      [within(13, text(1, 'location'), text(1, 'offset'), text(2, 'a'), text(2, 'b'))],
      ['a', 'b'],
    ],
  ])('is one also where it %s', (_, fields, locations) => {
    expect(findOutside(within(7, within(5, ...fields)))).toEqual([{ name: '', locations }]);
  });

  test('is none where the data are within', () => {
    expect(findOutside(identity([{ name: 'w', dims: [2], dataType: 1, floatData: [1, 2] }]))).toEqual([]);
    expect(findOutside(within(7, within(5, Buffer.from([0x70, 0]))))).toEqual([]);
  });

  test.each([
    ['a field of which a parser in C++ reads the lower bits', Buffer.from([0xfa, 0x80, 0x80, 0x80, 0x10, 0])],
    ['a group', Buffer.from([0x3b])],
    ['a length beyond its end', Buffer.from([0x3a, 5, 0])],
    ['a length beyond that of what it is within', message(within(7, Buffer.from([0x2a, 2])), Buffer.from([0, 0]))],
  ])('may hide in %s, so that is no model', (_, model) => {
    expect(() => findOutside(model)).toThrow(OnnxError);
  });

  test('may hide deeper than a parser goes, so that is no model', () => {
    let graph = within(5, TENSOR);
    for (let i = 0; i < 40; i++) graph = within(1, within(5, within(6, graph)));
    expect(() => findOutside(within(7, graph))).toThrow(/nested deeper than 100/);
  });
});

describe('a session of bytes', () => {
  test('does not read a file below the folder that the process runs in', async () => {
    const message = `tensor 'w' has its data in file "${FILE}", which was not given`;
    await expect(openSession(identity([outside]))).rejects.toThrow(new RuntimeError(message));
    await expect(inferredShapes(identity([outside]))).rejects.toThrow(new RuntimeError(message));
    const value = { name: 'value', type: 4, t: outside };
    await expect(openSession(file({ node: [node('Constant', [], ['y'], [value])] }))).rejects.toThrow(RuntimeError);
  });

  test('reads what is given instead, and nothing else', async () => {
    const data = Buffer.from(Float32Array.of(1, 2).buffer);
    await using session = await openSession(identity([outside]), { external: { [FILE]: data } });
    const x = { dtype: 'float32', shape: [2], data: Float32Array.of(0, 0) } as const;
    expect(toNumbers((await session.run({ x })).y!)).toEqual([1, 2]);
    await expect(openSession(identity([outside]), { external: { other: data } })).rejects.toThrow(RuntimeError);
  });

  test('is a message of ONNX, also where it begins as another format of the runtime', async () => {
    const bytes = Buffer.concat([Buffer.from([8, 0, 0, 0]), Buffer.from('ORTM'), Buffer.alloc(100)]);
    await expect(openSession(bytes)).rejects.toThrow(/not an ONNX model/);
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import { snappyUnpacked } from '#learning/files/snappy.ts';

/** Bytes in which the same occurs again, near and far. */
const repetitive = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 90 }), fc.integer({ min: 1, max: 40 })), { maxLength: 30 })
  .map((parts) => Buffer.concat(parts.flatMap(([bytes, times]) => Array<Uint8Array>(times).fill(bytes))));

describe('Snappy', () => {
  test('unpacks what was packed', () => {
    fc.assert(
      fc.property(repetitive, (bytes) => {
        expect(Buffer.from(snappyUnpacked(snappyCompress(bytes), bytes.length))).toEqual(bytes);
      }),
      { seed: 2026 },
    );
  });

  test('unpacks every kind of element', () => {
    const long = Buffer.from(Array.from({ length: 300 }, (_, i) => i & 0xff));
    const packed = Buffer.concat([
      // A literal with its length in two bytes, and copies with an offset of one, two and four bytes.
      Buffer.from([0, 61 << 2, (300 - 1) & 0xff, (300 - 1) >> 8, ...long]),
      Buffer.from([1 | ((4 - 4) << 2) | (1 << 5), 0x2c - 0x20]),
      Buffer.from([2 | ((64 - 1) << 2), 44, 1]),
      Buffer.from([3 | ((30 - 1) << 2), 2, 0, 0, 0]),
    ]);
    const wanted = [...long];
    for (const [size, back] of [
      [4, 256 + 12],
      [64, 300],
      [30, 2],
    ] as const) {
      for (let i = 0; i < size; i++) wanted.push(wanted[wanted.length - back]!);
    }
    expect([...snappyUnpacked(packed, wanted.length)]).toEqual(wanted);
  });

  test.each<[string, number[], number]>([
    ['a literal beyond the end', [4, 5 << 2, 1, 2], 6],
    ['more than announced', [2, 3 << 2, 1, 2, 3, 4], 2],
    ['less than announced', [4, 1 << 2, 1, 2], 4],
    ['a copy of nothing', [4, 0, 7, 1, 0], 5],
    ['a copy from before the beginning', [5, 0, 7, 1, 9], 5],
    ['an offset that is cut off', [5, 0, 7, 2, 1], 5],
  ])('refuses %s', (_, bytes, length) => {
    expect(() => snappyUnpacked(Uint8Array.from(bytes), length)).toThrow('Snappy data are damaged');
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import { snappyUnpacked } from '#learning/files/snappy.ts';

interface Instance {
  readonly exports: { readonly memory: { readonly buffer: ArrayBuffer } };
}

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
      Buffer.from([0x80 | (398 & 0x7f), 398 >> 7, 61 << 2, (300 - 1) & 0xff, (300 - 1) >> 8, ...long]),
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
    ['nothing at all', [], 0],
    ['a literal beyond the end', [6, 5 << 2, 1, 2], 6],
    ['a literal whose length is cut off', [6, 62 << 2, 1], 6],
    ['more than announced', [2, 3 << 2, 1, 2, 3, 4], 2],
    ['less than announced', [4, 1 << 2, 1, 2], 4],
    ['a copy of nothing', [5, 0, 7, 1, 0], 5],
    ['a copy from before the beginning', [6, 0, 7, 1, 9], 6],
    ['a copy from far before the beginning', [6, 0, 7, 3 | (4 << 2), 0xff, 0xff, 0xff, 0xff], 6],
    ['an offset that is cut off', [5, 0, 7, 2, 1], 5],
    ['another length than that of the page', [4, 3 << 2, 1, 2, 3, 4], 5],
    ['a length that never ends', [0x80, 0x80, 0x80, 0x80, 0x80, 0], 0],
  ])('refuses %s', (_, bytes, length) => {
    expect(() => snappyUnpacked(Uint8Array.from(bytes), length)).toThrow('Snappy data are damaged');
  });

  test('shows nothing of earlier pages, however a page is damaged', () => {
    const [secret, size] = [0xa5, 5000];
    const page = Buffer.alloc(size, 'the same words again and again, and then others. ');
    const packed = snappyCompress(page);
    const leave = () => snappyUnpacked(snappyCompress(Buffer.alloc(3 * size, secret)), 3 * size);
    expect(page.includes(secret)).toBe(false);
    let read = 0;
    // Of the few bytes of the page, each is changed in each bit; what can still be read has no byte of the page before it.
    for (let at = 0; at < packed.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = Uint8Array.from(packed);
        changed[at]! ^= 1 << bit;
        if (changed.includes(secret)) continue;
        leave();
        try {
          expect(Buffer.from(snappyUnpacked(changed, size)).includes(secret)).toBe(false);
          read++;
        } catch (error) {
          expect(String(error)).toContain('Snappy data are damaged');
        }
      }
      const cut = packed.subarray(0, at);
      leave();
      expect(() => snappyUnpacked(cut, size)).toThrow('Snappy data are damaged');
    }
    expect(read).toBeGreaterThan(0);
    expect(Buffer.from(snappyUnpacked(packed, size))).toEqual(page);
  });

  test('keeps no more memory than small pages need', () => {
    const large = Buffer.alloc(40 * 1_048_576, 'x');
    const packed = snappyCompress(large);
    const unpackSmall = () => snappyUnpacked(snappyCompress(Buffer.from('small')), 5);
    unpackSmall();
    const made: Instance[] = [];
    const assembly = (globalThis as unknown as { WebAssembly: { Instance: new (of: unknown) => Instance } })
      .WebAssembly;
    const { Instance } = assembly;
    assembly.Instance = new Proxy(Instance, {
      construct: (target, given) => {
        const instance = Reflect.construct(target, given) as Instance;
        made.push(instance);
        return instance;
      },
    });
    try {
      expect(Buffer.from(snappyUnpacked(packed, large.length)).equals(large)).toBe(true);
      expect(made).toHaveLength(1);
      expect(made[0]!.exports.memory.buffer.byteLength).toBeGreaterThan(large.length);
      // The small ones go on with the memory that they had.
      unpackSmall();
      expect(made).toHaveLength(1);
    } finally {
      assembly.Instance = Instance;
    }
  });
});

/** What two threads learn and encode together is what one does, bit for bit. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bytesOf } from '#engine/elements.ts';
import type { Tensors } from '#engine/tensor.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { RowThread } from '#learning/row-thread.ts';
import { shared } from '#learning/table/allocate.ts';
import { encodeAll } from '#learning/table/encode.ts';
import { encodeAllWith, fitEncoderWith } from '#learning/table/encode-share.ts';
import { fitEncoder } from '#learning/table/encoder.ts';
import { loadRows } from '#learning/table/load.ts';
import { fitTarget } from '#learning/table/target.ts';
import { chunked } from '../chunks.ts';

const ROWS = 5001;
const COLOURS = ['red', 'green', 'blue', ''];
const fileOf = (target: (i: number) => string | number) =>
  `x,n,colour,truth,y\n${Array.from({ length: ROWS }, (_, i) =>
    [i % 7 === 0 ? '' : Math.sin(i).toFixed(3), i % 5, COLOURS[i % 4], i % 3 ? 'yes' : 'no', target(i)].join(','),
  ).join('\n')}\n`;

const TRAINING = Int32Array.from({ length: ROWS }, (_, i) => i).filter((i) => i % 5 !== 2);
const WHICH = Int32Array.from({ length: ROWS - 8 }, (_, i) => ROWS - 1 - i);

let thread: RowThread;
beforeAll(() => {
  thread = new RowThread();
});
afterAll(() => thread[Symbol.asyncDispose]());

const bits = (tensors: Tensors) =>
  Object.fromEntries(Object.entries(tensors).map(([name, one]) => [name, Buffer.from(bytesOf(one)).toString('hex')]));

describe.each<[string, (i: number) => string | number]>([
  ['classes', (i) => ['a', 'b', 'c'][i % 3]!],
  ['numbers', (i) => (i * 0.37).toFixed(2)],
  ['labels', (i) => ['a', 'b|c', 'a|c', 'b', 'c|a|b'][i % 5]!],
])('%s', (_, target) => {
  test.each([undefined, 2])('with words of more than %s values embedded', async (embedAbove) => {
    const profile = await profileCsv(chunked(fileOf(target)), { task: 'auto', target: 'y' });
    const rows = await loadRows(chunked(fileOf(target)), profile, { allocate: shared });
    const encoder = await fitEncoderWith(thread, rows, TRAINING, embedAbove);
    expect(encoder).toEqual(fitEncoder(rows, TRAINING, embedAbove));
    const of = { rows, encoder, scale: fitTarget(rows.target, TRAINING), which: WHICH };
    const together = await encodeAllWith(thread, of);
    expect(bits(together)).toEqual(bits(encodeAll(of)));
    expect(Object.keys(together)).toEqual(Object.keys(encodeAll(of)));
    for (const one of Object.values(together)) expect(bytesOf(one).buffer).toBeInstanceOf(SharedArrayBuffer);
  });
});

/** Recorded columns that two threads read are what one reads, and the file is read where they are damaged. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bytesInMemory, type FileBytes } from '#learning/files/file-bytes.ts';
import { plainHash } from '#learning/files/source-bytes.ts';
import { profileInParts } from '#learning/profile/profile.ts';
import { RowThread } from '#learning/row-thread.ts';
import type { Rows } from '#learning/table/columns.ts';
import { loadRows } from '#learning/table/load.ts';

/** A group and a part of another, with words that come up in each, some of them first where there is no target. */
const ROWS = 77_000;
const WORDS = ['red', 'green', '', 'blue', 'violet', 'black'];
const word = (i: number) => WORDS[Math.floor(i / 13_200) + (i % 2 === 0 ? 0 : -1)] ?? 'white';
const TEXT = `x,n,truth,colour,when,more,y\n${Array.from({ length: ROWS }, (_, i) =>
  [
    i % 7 === 0 ? '' : Math.sin(i).toFixed(6),
    i % 5000,
    i % 3 ? 'yes' : 'no',
    word(i),
    new Date(1.7e12 + i * 61_000).toISOString(),
    (i * 0.37).toFixed(2),
    i % 13_200 < 3 ? '' : ['a', 'b', 'c'][i % 3],
  ].join(','),
).join('\n')}\n`;

async function recorded() {
  const file = bytesInMemory(Buffer.from(TEXT));
  const stored: Uint8Array[] = [];
  const { profile } = await profileInParts(
    file,
    { task: 'auto', target: 'y' },
    {
      isDue: () => false,
      hash: async () => plainHash(),
      storeColumns: async (body) => {
        for await (const piece of body) stored.push(Uint8Array.from(piece));
      },
    },
  );
  return { profile: profile!, columns: Buffer.concat(stored) };
}

let thread: RowThread;
let data: Awaited<ReturnType<typeof recorded>>;
beforeAll(async () => {
  thread = new RowThread();
  data = await recorded();
});
afterAll(() => thread[Symbol.asyncDispose]());

/** A file that nobody may read. */
const refuse = () => {
  throw new Error('the file was read');
};
const unread: FileBytes = { size: TEXT.length, range: refuse, [Symbol.asyncIterator]: refuse };

/** With hashes of values, which are compared faster. */
const bits = ({ columns, target, ...more }: Rows) => ({
  ...more,
  columns: [...columns, target].map(({ values, ...of }) => ({ ...of, hash: hashOf(values) })),
});
const hashOf = (values: NodeJS.TypedArray): string => createHash('sha256').update(values).digest('hex');

const load = (columns: Uint8Array, by?: RowThread) =>
  loadRows(unread, data.profile, { thread: by, columns: bytesInMemory(columns) });

test('what two threads read is what one reads', async () => {
  const wanted = bits(await load(data.columns));
  expect(wanted.count).toBe(ROWS - 18);
  const together = await load(data.columns, thread);
  expect(bits(together)).toEqual(wanted);
  const isShared = together.columns.map(({ values }) => values.buffer instanceof SharedArrayBuffer);
  expect(new Set(isShared)).toEqual(new Set([true, false]));
  expect(bits(await load(data.columns, thread))).toEqual(wanted);
});

test('damage is found by either, and the thread goes on', async () => {
  for (const part of [0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9]) {
    const damaged = Buffer.from(data.columns);
    damaged[Math.floor(damaged.length * part)]! ^= 1;
    await expect(load(damaged, thread)).rejects.toThrow('the file was read');
  }
  expect(bits(await load(data.columns, thread))).toEqual(bits(await load(data.columns)));
});

/**
 * Reading and profiling a CSV file that is larger than the memory it may take: `npm run bench -- data/large` of about 1 GB,
 * with `--rows 45000000` of about 5 GB. Needs as much room in the folder of temporary files.
 */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openFileBytes } from '#learning/files/file-bytes.ts';
import { fileHash } from '#learning/files/resumable-hash.ts';
import { profileInParts } from '#learning/profile/profile.ts';
import type { Bench, Measurement } from '../bench.ts';

const ROWS = 9_000_000;
const COLUMNS = 14;
const HEADER = `${Array.from({ length: COLUMNS - 3 }, (_, i) => `x${i}`).join(',')},colour,time,label\n`;
const COLOURS = ['red', 'green', 'blue', 'violet'];
const BLOCK = 5000;

/** Of a linear congruential generator, so that each run has the same file. */
function* blocks(rows: number): Generator<string> {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
  yield HEADER;
  for (let from = 0; from < rows; from += BLOCK) {
    const lines = Array.from({ length: Math.min(BLOCK, rows - from) }, (_, i) => {
      const numbers = Array.from({ length: COLUMNS - 3 }, () => (next() / 2 ** 24).toFixed(4));
      const time = new Date(1.6e12 + 1000 * (from + i)).toISOString();
      return `${numbers.join(',')},${COLOURS[next() >>> 30]},${time},${next() >>> 31}\n`;
    });
    yield lines.join('');
  }
}

async function measure(rows: number): Promise<Measurement> {
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-bench-large-'));
  const path = join(folder, 'large.csv');
  try {
    await pipeline(blocks(rows), createWriteStream(path));
    const { size } = await stat(path);
    const before = process.resourceUsage().maxRSS;
    const begun = performance.now();
    await using file = await openFileBytes(path);
    const hash = (saved?: Uint8Array) => fileHash(size, saved);
    const parts = { isDue: () => false, hash, threads: Math.min(4, availableParallelism()) };
    await profileInParts(file, { task: 'auto', target: 'label' }, parts);
    const seconds = (performance.now() - begun) / 1000;
    const peak = process.resourceUsage().maxRSS / 1024;
    return {
      ours: (rows * COLUMNS) / seconds / 1e6,
      peer: null,
      spread: 0,
      more: { gigabytes: size / 1e9, seconds, 'peak MiB': peak, 'peak MiB before': before / 1024 },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const benches: readonly Bench[] = [
  { name: 'data/large', unit: 'Mcells/s', run: ({ rows = ROWS } = {}) => measure(rows) },
];

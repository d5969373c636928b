/** Reading and profiling a table of 20 columns, against `read_…` and `describe` of pandas in the same run; `--rows N` of it. */
import { availableParallelism } from 'node:os';
import { openFileBytes } from '#learning/files/file-bytes.ts';
import { fileHash } from '#learning/files/resumable-hash.ts';
import { profileInParts } from '#learning/profile/profile.ts';
import { alternate, type Bench, type Measurement } from '../bench.ts';
import { startPandas, type TableFormat } from '../peers/pandas.ts';

const ROWS = 1_000_000;
const COLUMNS = 20;
const MILLION = 1_000_000;
const TIMES = 3;

/** In millions of cells a second. */
async function measure(format: TableFormat, rows: number): Promise<Measurement> {
  await using pandas = await startPandas(format, rows);
  const speed = (seconds: number) => (rows * COLUMNS) / seconds / MILLION;
  const ours = async () => {
    const begun = performance.now();
    await using file = await openFileBytes(pandas.path);
    const hash = (saved?: Uint8Array) => fileHash(file.size, saved);
    const parts = { isDue: () => false, hash, threads: Math.min(4, availableParallelism()) };
    await profileInParts(file, { task: 'auto', target: 'label' }, parts);
    return speed((performance.now() - begun) / 1000);
  };
  return alternate(TIMES, ours, async () => speed(await pandas.seconds()));
}

const bench = (format: TableFormat): Bench => ({
  name: `data/read/${format}`,
  unit: 'Mcells/s',
  run: ({ rows = ROWS } = {}) => measure(format, rows),
});

export const benches = [bench('csv'), bench('jsonl'), bench('parquet')];

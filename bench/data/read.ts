/** Reading and profiling a table of 20 columns, against `read_…` and `describe` of pandas in the same run; `--rows N` of it. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openFileBytes } from '#learning/files/file-bytes.ts';
import { fileHash } from '#learning/files/resumable-hash.ts';
import { profileInParts } from '#learning/profile/profile.ts';
import { virtualEnvironment } from '../../bin/virtual-environment.ts';
import { alternate, type Bench, type Measurement } from '../bench.ts';

const ROWS = 1_000_000;
const MILLION = 1_000_000;
const TIMES = 3;
const peer = (file: string) => fileURLToPath(new URL(`../peers/${file}`, import.meta.url));

/** In millions of cells a second. Needs Python, which also writes the files. */
async function measure(format: 'csv' | 'jsonl' | 'parquet', rows: number): Promise<Measurement> {
  const programs = virtualEnvironment(join('.trainyard', 'bench-read'), peer('read-requirements.txt'));
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-bench-read-'));
  const child = spawn(join(programs, 'python'), [peer('read_app.py'), folder, String(rows)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const speed = (seconds: number) => (rows * 20) / seconds / MILLION;
  try {
    const ready = await lines.next();
    if (ready.done) throw new Error('pandas could not write the table');
    const ours = async () => {
      const begun = performance.now();
      await using file = await openFileBytes(join(folder, `table.${format}`));
      const hash = (saved?: Uint8Array) => fileHash(file.size, saved);
      const parts = { isDue: () => false, hash, threads: Math.min(4, availableParallelism()) };
      await profileInParts(file, { task: 'auto', target: 'label' }, parts);
      return speed((performance.now() - begun) / 1000);
    };
    const theirs = async () => {
      child.stdin.write(`${format}\n`);
      return speed(Number((await lines.next()).value));
    };
    return await alternate(TIMES, ours, theirs);
  } finally {
    child.stdin.end();
    await exited;
    await rm(folder, { recursive: true, force: true });
  }
}

const bench = (format: 'csv' | 'jsonl' | 'parquet'): Bench => ({
  name: `data/read/${format}`,
  unit: 'Mcells/s',
  run: ({ rows = ROWS } = {}) => measure(format, rows),
});

export const benches = [bench('csv'), bench('jsonl'), bench('parquet')];

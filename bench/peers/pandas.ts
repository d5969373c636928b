import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { virtualEnvironment } from '../../bin/virtual-environment.ts';

export type TableFormat = 'csv' | 'jsonl' | 'parquet';

/** A table of 20 columns in a file, and pandas, which reads and describes it. */
export interface Pandas extends AsyncDisposable {
  readonly folder: string;
  readonly path: string;
  /** Of `read_…` and `describe`. */
  seconds(): Promise<number>;
}

const beside = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Needs Python. */
export async function startPandas(format: TableFormat, rows: number): Promise<Pandas> {
  const programs = virtualEnvironment(join('.trainyard', 'bench-read'), beside('read-requirements.txt'));
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-bench-read-'));
  const child = spawn(join(programs, 'python'), [beside('read_app.py'), folder, String(rows), format], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error('pandas ended; its error is above');
    return value;
  };
  const close = async () => {
    child.stdin.end();
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await line();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    folder,
    path: join(folder, `table.${format}`),
    seconds: async () => {
      child.stdin.write('again\n');
      return Number(await line());
    },
    [Symbol.asyncDispose]: close,
  };
}

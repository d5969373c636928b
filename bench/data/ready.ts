/**
 * From the last byte of an upload to the dataset's being ready, through a host with its defaults: the upload is completed,
 * the file read and hashed, and its profile stored. Beside `read_…` and `describe` of pandas in the same run; `--rows N` of it.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { logIn } from '../api/host/account.ts';
import { type Caller, makeCaller } from '../api/host/caller.ts';
import { HERE, startHostOf } from '../api/host/host.ts';
import { sendParts } from '../api/host/upload.ts';
import { alternate, type Bench, type Measurement } from '../bench.ts';
import { startPandas, type TableFormat } from '../peers/pandas.ts';

const ROWS = 1_000_000;
const COLUMNS = 20;
const MILLION = 1_000_000;
const TIMES = 3;
const POLL_MS = 10;
const USER = { username: 'ada', password: 'correct horse battery' };

/** In millions of cells a second. */
async function measure(format: TableFormat, rows: number): Promise<Measurement> {
  await using pandas = await startPandas(format, rows);
  const { folder } = pandas;
  await using host = await startHostOf({
    checkout: HERE,
    dataDir: join(folder, 'data'),
    log: join(folder, 'host.log'),
  });
  await makeCaller(host.base)('/auth/register', { ...USER, email: 'ada@example.com', full_name: 'Ada' });
  const call = makeCaller(host.base, await logIn(host.base, USER));
  const speed = (seconds: number) => (rows * COLUMNS) / seconds / MILLION;
  const ours = async () => {
    const complete = await sendParts(call, pandas.path, 'label');
    const begun = performance.now();
    await untilReady(call, await complete());
    return speed((performance.now() - begun) / 1000);
  };
  return alternate(TIMES, ours, async () => speed(await pandas.seconds()));
}

async function untilReady(call: Caller, id: string): Promise<void> {
  for (;;) {
    const { status, error } = await call(`/datasets/${id}`);
    if (status === 'ready') return;
    if (status === 'failed') throw new Error(`the dataset failed: ${JSON.stringify(error)}`);
    await pause(POLL_MS);
  }
}

const bench = (format: TableFormat): Bench => ({
  name: `data/ready/${format}`,
  unit: 'Mcells/s',
  run: ({ rows = ROWS } = {}) => measure(format, rows),
});

export const benches = [bench('csv'), bench('jsonl'), bench('parquet')];

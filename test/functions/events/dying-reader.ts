/**
 * Reads a dataset of an embedded store and is killed in the middle of the file.
 * Arguments: the folder, the account, the dataset, and the time in epoch milliseconds.
 */
import { Readable } from 'node:stream';
import { openEmbedded } from '#embedded/open.ts';
import { everyQueue } from '#test/queues.ts';
import { readDataset } from './reader.ts';
import { replacing } from './world.ts';

const [dir = '', account_id, dataset_id, time] = process.argv.slice(2);
const queue = { visibilitySeconds: 60, maxReceives: 5 };
const store = await openEmbedded({
  dir,
  baseUrl: 'http://127.0.0.1:1',
  queues: everyQueue(queue),
  now: () => Number(time),
});
const { datasets } = store.blobs;
async function* deadly(): AsyncGenerator<Buffer> {
  yield Buffer.from('a,y\n1,x\n');
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => {});
}
const get: typeof datasets.get = async (key) => ({ ...(await datasets.get(key)), body: Readable.from(deadly()) });
const blobs = { ...store.blobs, datasets: replacing(datasets, { get }) };
await readDataset({ ...store, blobs }, [account_id, dataset_id]);

/**
 * Processes a dataset in an embedded store and is killed as it publishes: `before` or `after` the bus has the event.
 * Arguments: the folder, the account, the dataset, the time in epoch milliseconds, and when.
 */

import { openEmbedded } from '#embedded/open.ts';
import { everyQueue } from '#test/queues.ts';
import { readDataset } from './reader.ts';

const [dir = '', account_id, dataset_id, time, moment] = process.argv.slice(2);
const queue = { visibilitySeconds: 60, maxReceives: 5 };
const store = await openEmbedded({
  dir,
  baseUrl: 'http://127.0.0.1:1',
  queues: everyQueue(queue),
  now: () => Number(time),
});
const { events } = store;
const publish: typeof events.publish = async (...all) => {
  if (moment === 'after') await events.publish(...all);
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => {});
};
await readDataset({ ...store, events: { publish } }, [account_id, dataset_id]);

/**
 * Deletes a model in an embedded store and is killed at a moment: `before` its record is deleted, as it `publishes`, or
 * `halfway` through its files. Arguments: the folder, the account, the model, the time in epoch milliseconds, and when.
 */
import { getModel } from '#domain/models/read.ts';
import { parseSettings } from '#domain/settings.ts';
import { openEmbedded } from '#embedded/open.ts';
import { makeServices } from '#functions/http/route.ts';
import { removeModel } from '#functions/platform/models/removal.ts';
import { everyQueue } from '#test/queues.ts';
import { replacing, silent } from './world.ts';

const [dir = '', accountId = '', modelId = '', time, moment] = process.argv.slice(2);
const queue = { visibilitySeconds: 60, maxReceives: 5 };
const store = await openEmbedded({
  dir,
  baseUrl: 'http://127.0.0.1:1',
  queues: everyQueue(queue),
  now: () => Number(time),
});
const die = async (): Promise<never> => {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => {});
};
let deleting = 0;
const { table, blobs, events } = store;
const artifacts = replacing(blobs.artifacts, {
  // All files are deleted at once: only the first one is, and no other before the end.
  delete: async (key) => {
    if (++deleting === 1) await blobs.artifacts.delete(key).then(die);
    await new Promise(() => {});
  },
});
const adapters = {
  ...store,
  table: moment === 'before' ? replacing(table, { transact: die }) : table,
  events: moment === 'publishes' ? { ...events, publish: die } : events,
  blobs: moment === 'halfway' ? { ...blobs, artifacts } : blobs,
};
const model = await getModel(table, accountId, modelId);
await removeModel(model, makeServices(adapters, { settings: parseSettings({}), logger: silent }));

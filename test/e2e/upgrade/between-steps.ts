/**
 * The second half of a data folder: what a process leaves that is killed between two steps. No host runs. Each function
 * is called on ports of which one method fails: everything before that call is written, and everything after it is
 * missing. At its end this process kills itself and closes nothing.
 *
 * Arguments: the folder, and the id, an access token and a dataset (`ready`) of an account.
 */
import { writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { indexes } from '#domain/keys.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { parseSettings } from '#domain/settings.ts';
import { openEmbedded } from '#embedded/open.ts';
import { makeHandler as makeSweep } from '#functions/events/sweep.ts';
import { defaultLimits } from '#infra/embedded/gateway/limits.ts';
import { listen } from '#infra/embedded/gateway/listener.ts';
import { shareLimits } from '#infra/embedded/gateway/shared-limits.ts';
import { Invoker } from '#infra/embedded/invoke/invoker.ts';
import { makeLogger } from '#infra/embedded/logger.ts';
import { queues, surfaces } from '#infra/topology.ts';
import { readDataset } from '#test/functions/events/reader.ts';
import { User } from '../user.ts';
import type { BetweenSteps } from './manifest.ts';

const CSV = 'x,y\n1,a\n2,b\n3,a\n4,b\n5,a\n6,b\n';
const SMALL = { epochs: 10, hidden_layers: [4], seed: 3 };
const KILLED = 'the process was killed';
const REFUSED = 'the bus refuses the event';
/** The sweep takes an event for unpublished once it is a minute old. */
const UNPUBLISHED_MS = 61_000;

const [dir = '', accountId = '', token = '', readyDataset = ''] = process.argv.slice(2);
const options = { dir, baseUrl: 'http://127.0.0.1', queues };
const settings = parseSettings({});
const logger = makeLogger('between-steps', 'stderr');
const adapters = await openEmbedded(options);
const withoutQueues = {
  ...adapters,
  queues: {
    datasets: failing(adapters.queues.datasets, 'send', KILLED),
    training: failing(adapters.queues.training, 'send', KILLED),
    webhooks: failing(adapters.queues.webhooks, 'send', KILLED),
    predictions: failing(adapters.queues.predictions, 'send', KILLED),
    vault: failing(adapters.queues.vault, 'send', KILLED),
    logs: failing(adapters.queues.logs, 'send', KILLED),
    encoders: failing(adapters.queues.encoders, 'send', KILLED),
  },
};
const withoutBus = { ...adapters, events: failing(adapters.events, 'publish', REFUSED) };

const result: BetweenSteps = {
  deadLettered: await deadLetterEvent(),
  unpublishedEvent: await leaveEventUnpublished(),
  deletedFiles: await deleteOnlyTheRecord(),
  abandonedFiles: await storeOnlyTheFile(),
  queuedDataset: await as(adapters, upload),
  unsentDataset: await as(withoutQueues, upload),
  queuedJob: await as(adapters, train),
  unsentJob: await as(withoutQueues, train),
  dataKey: await wrapDataKey({ purpose: 'upgrade' }),
};
writeSync(1, JSON.stringify(result));
process.kill(process.pid, 'SIGKILL');

async function deadLetterEvent(): Promise<BetweenSteps['deadLettered']> {
  const dataset = await processWithoutPublishing();
  const now = () => Date.now() + UNPUBLISHED_MS;
  const sweep = makeSweep({ ...withoutBus, now }, { settings, logger, thresholds: { refused: 0 } });
  // The sweep fails where an event was refused, so that an alarm goes off.
  await sweep().catch(() => undefined);
  return { dataset, reason: REFUSED };
}

async function leaveEventUnpublished(): Promise<string> {
  await processWithoutPublishing();
  const { items } = await adapters.table.query({ index: 'byIndex', partition: indexes.outbox, limit: 2 });
  const [event] = items;
  if (event === undefined || items.length > 1) throw new Error(`the outbox must hold one event; got ${items.length}`);
  return event.pk.replace('EVENT#', '');
}

/** Reads a file as the consumer does. Its message is never acknowledged and so stays in flight. */
async function processWithoutPublishing(): Promise<string> {
  const dataset = await as(adapters, upload);
  await receiveMessageOf(dataset);
  await readDataset(withoutBus, [accountId, dataset], { logger });
  return dataset;
}

async function receiveMessageOf(dataset: string): Promise<void> {
  const [message] = await adapters.queues.datasets.receive({ max: 1 });
  if (!message?.body.includes(dataset)) throw new Error(`the next message must be that of dataset ${dataset}`);
}

async function deleteOnlyTheRecord(): Promise<string> {
  const dataset = await as(adapters, upload);
  await receiveMessageOf(dataset);
  const datasets = failing(adapters.blobs.datasets, 'delete', KILLED);
  const broken = { ...adapters, blobs: { ...adapters.blobs, datasets } };
  await as(broken, (user) => user.client.delete(`/datasets/${dataset}`));
  return `${accountId}/${dataset}/`;
}

/** An upload marks its file as orphaned, stores it, and clears the mark in the transaction that writes the dataset. */
async function storeOnlyTheFile(): Promise<string> {
  const before = await prefixes();
  const broken = { ...adapters, table: failing(adapters.table, 'transact', KILLED, 1) };
  await as(broken, upload).catch(() => undefined);
  const added = (await prefixes()).filter((prefix) => !before.includes(prefix));
  if (added.length !== 1) throw new Error(`the upload must leave one file; got ${added.length}`);
  return added[0]!;
}

async function prefixes(): Promise<string[]> {
  const { blobs } = await adapters.blobs.datasets.list(`${accountId}/`, { limit: 1000 });
  return [...new Set(blobs.map(({ key }) => key.slice(0, key.lastIndexOf('/') + 1)))];
}

async function wrapDataKey(context: Record<string, string>): Promise<BetweenSteps['dataKey']> {
  const { plaintext, wrapped } = await adapters.keys.generateDataKey(context);
  return {
    plaintext: Buffer.from(plaintext).toString('base64'),
    wrapped: Buffer.from(wrapped).toString('base64'),
    context,
  };
}

async function upload(user: User): Promise<string> {
  const form = new FormData();
  form.append('file', new File([CSV], 'data.csv', { type: 'text/csv' }));
  form.append('name', 'between steps');
  return (await user.client.post<{ id: string }>('/datasets/upload', form)).id;
}

async function train(user: User): Promise<string> {
  return user.train(readyDataset, SMALL);
}

/** Serves the platform on these adapters while the account's owner uses it. Nothing consumes the queues. */
async function as<T>(served: Adapters, use: (user: User) => Promise<T>): Promise<T> {
  const invoker = new Invoker({
    adapters: served,
    embedded: options,
    baseUrl: () => options.baseUrl,
    settings,
    log: 'stderr',
  });
  const listener = await listen({
    name: 'platform',
    surface: surfaces.platform,
    host: '127.0.0.1',
    port: 0,
    invoker,
    limits: shareLimits(defaultLimits(settings.uploadBytes)),
    spoolFolder: tmpdir(),
    authorize: () => undefined,
    trustedProxies: 0,
    withBaseUrl: (_, handle) => handle(),
    before: () => false,
    now: adapters.now,
    onError: (error, where) => logger.error(where, error as Error),
  });
  const base = `http://127.0.0.1:${listener.port}`;
  const user = new User({ base, pollMilliseconds: 50 }, '', '');
  user.client.useToken(token);
  try {
    return await use(user);
  } finally {
    await listener.close();
    await invoker.close();
  }
}

/** A port of which one method fails, from the call after the first `allowed` ones on. */
function failing<T extends object>(port: T, method: keyof T, message: string, allowed = 0): T {
  let calls = 0;
  return new Proxy(port, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name);
      if (typeof own !== 'function') return own;
      if (name !== method) return own.bind(target);
      return async (...args: readonly unknown[]) => {
        calls += 1;
        if (calls > allowed) throw new Error(message);
        return own.apply(target, args);
      };
    },
  });
}

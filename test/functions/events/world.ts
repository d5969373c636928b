/** An embedded store in a temporary folder with an account, a clock that the test sets, and a consumer's adapters. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccount } from '#domain/accounts/change.ts';
import { blobKeys } from '#domain/blob-keys.ts';
import { createDataset } from '#domain/datasets/change.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { unpublishedEvents } from '#domain/events/outbox.ts';
import { markOrphaned } from '#domain/orphans.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { ComputeState, ComputeTask } from '#domain/ports/compute/port.ts';
import type { QueueName } from '#domain/ports/queue/port.ts';
import type { Item } from '#domain/ports/table/port.ts';
import { isoTime } from '#domain/times.ts';
import { createJob } from '#domain/training/change.ts';
import type { Job } from '#domain/training/record.ts';
import { openEmbedded } from '#embedded/open.ts';
import type { Log } from '#functions/http/contract.ts';
import { everyQueue } from '#test/queues.ts';

export const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export interface TestEvent {
  readonly 'detail-type': string;
  readonly account: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A fake of Compute: records what was submitted, with a state that the test sets. */
export interface TestCompute {
  readonly submitted: ComputeTask[];
  /** Each with the reason. */
  readonly terminated: [id: string, reason: string][];
  readonly states: Map<string, ComputeState>;
  /** Thrown by the next submission. */
  refuse: Error | undefined;
}

/** The object with some of its methods replaced. */
export function replacing<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(of, name) {
      const own: unknown = Reflect.get(name in methods ? methods : of, name);
      return typeof own === 'function' ? own.bind(of) : own;
    },
  });
}

export async function openWorld() {
  const dir = await mkdtemp(join(tmpdir(), 'trainyard-events-'));
  const clock = { now: Date.UTC(2026, 0, 1) };
  const queue = { visibilitySeconds: 60, maxReceives: 5 };
  const store = await openEmbedded({
    dir,
    baseUrl: 'http://127.0.0.1:1',
    queues: everyQueue(queue),
    now: () => clock.now,
  });
  const compute: TestCompute = { submitted: [], terminated: [], states: new Map(), refuse: undefined };
  const adapters: Adapters = {
    table: store.table,
    blobs: store.blobs,
    queues: store.queues,
    events: store.events,
    keys: store.keys,
    now: store.now,
    compute: {
      submit: async (task) => {
        if (compute.refuse) throw compute.refuse;
        compute.submitted.push(task);
        compute.states.set(task.id, 'running');
      },
      terminate: async (id, reason) => void compute.terminated.push([id, reason]),
      describe: async (id) => compute.states.get(id) ?? 'unknown',
    },
  };
  const accountId = 'account-1';
  const register = async (id: string, username: string): Promise<void> => {
    await createAccount(adapters.table, {
      id,
      username,
      email: `${username}@example.com`,
      full_name: username,
      password_hash: '-',
      created_at: isoTime(clock.now),
    });
  };
  await register(accountId, 'ada');

  const upload = async (id: string, content: string, more: Partial<Dataset> = {}): Promise<Dataset> => {
    const { account_id = accountId } = more;
    const prefix = blobKeys.datasetPrefix(account_id, id);
    await adapters.table.transact([markOrphaned('datasets', prefix, clock.now + 3_600_000)]);
    const info = await adapters.blobs.datasets.put(blobKeys.datasetFile(account_id, id), Buffer.from(content));
    const created: Dataset = {
      id,
      account_id,
      name: id,
      version: 1,
      description: '',
      dataset_type: 'auto',
      file_name: `${id}.csv`,
      file_size: info.size,
      uploaded_at: isoTime(clock.now),
      status: 'processing',
      in_use: 0,
      ...more,
    };
    await createDataset(adapters.table, created);
    return created;
  };

  const queueJob = async (id: string, datasetId: string, more: Partial<Job> = {}): Promise<Job> => {
    const created: Job = {
      id,
      account_id: accountId,
      dataset_id: datasetId,
      dataset_name: datasetId,
      model_name: 'model',
      model_type: 'mlp',
      task: 'classification',
      hyperparameters: {},
      validation_split: 0.2,
      early_stopping: { enabled: false, patience: 10, monitor: 'val_loss' },
      status: 'queued',
      created_at: isoTime(clock.now),
      estimated_time: 1,
      attempt: 0,
      total_epochs: 1,
      current_epoch: 0,
      progress: 0,
      metrics: {},
      compute_seconds: 0,
      estimated_cost: 0,
      ...more,
    };
    await createJob(adapters.table, created);
    return created;
  };

  /** What was published since the last call. */
  const events = async (): Promise<TestEvent[]> => drain(store.queuesByName.get('bus')!);
  /** The events that were recorded but not published. */
  const unpublished = async (): Promise<Item[]> => {
    const items: Item[] = [];
    for await (const page of unpublishedEvents(adapters.table, '9')) items.push(...page);
    return items;
  };
  /** What was sent to the queue since the last call. */
  const sent = async (name: QueueName): Promise<unknown[]> => drain(store.queues[name]);

  const close = async (): Promise<void> => {
    await store.close();
    await rm(dir, { recursive: true, force: true });
  };
  const { watch } = store;
  return {
    adapters,
    accountId,
    register,
    clock,
    compute,
    upload,
    queueJob,
    events,
    unpublished,
    sent,
    watch,
    close,
    dir,
  };
}

export type World = Awaited<ReturnType<typeof openWorld>>;

async function drain<T>(queue: Adapters['queues']['datasets']): Promise<T[]> {
  const bodies: T[] = [];
  for (;;) {
    const messages = await queue.receive({ max: 10 });
    if (messages.length === 0) return bodies;
    for (const message of messages) {
      bodies.push(JSON.parse(message.body) as T);
      await queue.acknowledge(message.receipt);
    }
  }
}

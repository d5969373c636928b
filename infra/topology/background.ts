/** What runs in the background: the consumers of queues, events and schedules, and the training function. */
import type { QueueName } from '#domain/ports/queue/port.ts';
import type { EventRule, FunctionSpec, QueueSpec, Schedule } from './types.ts';

export const functions = {
  'process-dataset': {
    entry: 'functions/events/process-dataset.ts',
    memoryMegabytes: 2048,
    timeoutSeconds: 900,
    computes: true,
    streams: false,
    runtime: false,
    uses: {
      table: ['get', 'query', 'put', 'update', 'delete'],
      buckets: { datasets: ['read', 'put'] },
      sends: ['training'],
      publishes: true,
    },
  },
  'dispatch-training': {
    entry: 'functions/events/dispatch-training.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 60,
    computes: false,
    streams: false,
    runtime: false,
    uses: {
      table: ['get', 'put', 'update', 'delete'],
      buckets: { datasets: ['read'] },
      publishes: true,
      compute: ['submit', 'describe', 'terminate'],
    },
  },
  'settle-training': {
    entry: 'functions/events/settle-training.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 60,
    computes: false,
    streams: false,
    runtime: false,
    uses: { table: ['get', 'put', 'update', 'delete'], sends: ['training'], publishes: true },
  },
  'batch-stopped': {
    entry: 'functions/events/batch-stopped.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 60,
    computes: false,
    streams: false,
    runtime: false,
    uses: { table: ['update'], publishes: true },
  },
  // With this memory it gets almost two virtual processors.
  'run-training': {
    entry: 'functions/training/run.ts',
    memoryMegabytes: 3008,
    timeoutSeconds: 900,
    computes: true,
    streams: false,
    runtime: true,
    uses: {
      table: ['get', 'put', 'update', 'delete'],
      buckets: { datasets: ['read'], artifacts: ['read', 'put', 'delete'] },
      publishes: true,
    },
  },
  sweep: {
    entry: 'functions/events/sweep.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 240,
    computes: false,
    streams: false,
    runtime: false,
    uses: {
      table: ['get', 'index', 'put', 'update', 'delete'],
      buckets: { datasets: ['delete'], artifacts: ['delete'] },
      sends: ['datasets', 'training'],
      publishes: true,
      compute: ['describe', 'terminate'],
    },
  },
} as const satisfies Record<string, FunctionSpec>;

type Name = keyof typeof functions;

export const queues: Readonly<Record<QueueName, QueueSpec<Name>>> = {
  datasets: { consumer: 'process-dataset', visibilitySeconds: 960, maxReceives: 3, batchSize: 1, concurrency: 1 },
  training: { consumer: 'dispatch-training', visibilitySeconds: 120, maxReceives: 5, batchSize: 10, concurrency: 1 },
};

export const rules: readonly EventRule<Name>[] = [
  { types: ['compute.stopped'], target: 'settle-training' },
  { source: 'aws.batch', types: ['Batch Job State Change'], target: 'batch-stopped' },
];

export const schedules: readonly Schedule<Name>[] = [{ everySeconds: 300, target: 'sweep' }];

/**
 * What the Compute port starts for a job: a program, or for a small job in the cloud a function, which is not retried.
 */
export const trainer = { entry: 'containers/trainer/main.ts', function: 'run-training' } as const;

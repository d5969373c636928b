/** What runs in the background: the consumers of queues, events and schedules, and the training function. */
import { EVENT_TYPES } from '#domain/events/types.ts';
import type { QueueName } from '#domain/ports/queue/port.ts';
import type { EventRule, FunctionSpec, QueueSpec, Schedule } from './types.ts';

export const functions = {
  'process-dataset': {
    entry: 'functions/events/process-dataset.ts',
    memoryMegabytes: 2048,
    diskMegabytes: 10_240,
    timeoutSeconds: 900,
    computes: true,
    streams: false,
    runtime: false,
    uses: {
      table: ['get', 'query', 'put', 'update', 'delete'],
      buckets: { datasets: ['read', 'put', 'delete'] },
      sends: ['datasets', 'training'],
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
      sends: ['encoders'],
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
    uses: { table: ['get', 'query', 'put', 'update', 'delete', 'check'], sends: ['training'], publishes: true },
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
    diskMegabytes: 10_240,
    timeoutSeconds: 900,
    computes: true,
    streams: false,
    runtime: true,
    uses: {
      table: ['get', 'query', 'put', 'update', 'delete', 'check'],
      buckets: { datasets: ['read'], artifacts: ['read', 'put', 'delete'] },
      publishes: true,
    },
  },
  'predict-batch': {
    entry: 'functions/events/predict-batch.ts',
    memoryMegabytes: 2048,
    diskMegabytes: 10_240,
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
  'log-predictions': {
    entry: 'functions/events/log-predictions.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 60,
    computes: false,
    streams: false,
    runtime: false,
    uses: { table: ['get', 'query', 'put', 'update', 'check'], buckets: { artifacts: ['put'] } },
  },
  // Sends requests to the hub only, and follows it to where its files are.
  'load-encoder': {
    entry: 'functions/events/load-encoder.ts',
    memoryMegabytes: 1024,
    timeoutSeconds: 900,
    computes: false,
    streams: false,
    runtime: false,
    uses: {
      table: ['get', 'put', 'update', 'delete'],
      buckets: { artifacts: ['read', 'put'] },
      sends: ['training', 'encoders'],
      publishes: true,
    },
  },
  'match-webhooks': {
    entry: 'functions/events/match-webhooks.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 30,
    computes: false,
    streams: false,
    runtime: false,
    uses: { table: ['query', 'put'], sends: ['webhooks'] },
  },
  // The only function that sends requests to addresses that users choose.
  'deliver-webhook': {
    entry: 'functions/events/deliver-webhook.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 45,
    computes: false,
    streams: false,
    runtime: false,
    uses: {
      table: ['get', 'query', 'put', 'update', 'delete'],
      sends: ['webhooks'],
      dataKeys: ['unwrap'],
    },
  },
  'due-webhooks': {
    entry: 'functions/events/due-webhooks.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 60,
    computes: false,
    streams: false,
    runtime: false,
    uses: { table: ['index', 'update'], sends: ['webhooks'] },
  },
  'check-drift': {
    entry: 'functions/events/check-drift.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 60,
    computes: false,
    streams: false,
    runtime: false,
    uses: {
      table: ['get', 'query', 'index', 'put', 'update', 'delete', 'check'],
      buckets: { artifacts: ['read'] },
      publishes: true,
    },
  },
  // Finds what is due in the vault, which jobs then do, and what crashes left of backups and deletions.
  'back-up-vaults': {
    entry: 'functions/events/back-up-vaults.ts',
    memoryMegabytes: 1024,
    timeoutSeconds: 900,
    computes: false,
    streams: false,
    runtime: false,
    uses: {
      table: ['get', 'query', 'index', 'put', 'update', 'delete', 'check'],
      buckets: { artifacts: ['delete'], backups: ['delete'] },
      sends: ['vault'],
    },
  },
  // What did not end within its request: backups, restores, rotations, and saves and downloads of large models; and what the
  // schedule has found to be due.
  'run-vault-job': {
    entry: 'functions/events/run-vault-job.ts',
    // For a version with weights of 8 bits of a model of 500 MB.
    memoryMegabytes: 3008,
    timeoutSeconds: 900,
    computes: true,
    streams: false,
    runtime: true,
    uses: {
      table: ['get', 'query', 'put', 'update', 'delete', 'check'],
      buckets: { artifacts: ['read', 'put', 'delete'], backups: ['read', 'put', 'upload', 'delete'] },
      copies: ['read', 'put', 'delete'],
      sends: ['vault'],
      tokens: 'sign',
      dataKeys: ['generate', 'unwrap'],
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
      table: ['get', 'query', 'index', 'put', 'update', 'delete', 'check'],
      buckets: { datasets: ['delete'], artifacts: ['read', 'delete'], backups: ['delete'] },
      copies: ['delete'],
      sends: ['datasets', 'training', 'predictions'],
      publishes: true,
      compute: ['describe', 'terminate'],
    },
  },
} as const satisfies Record<string, FunctionSpec>;

type Name = keyof typeof functions;

export const queues: Readonly<Record<QueueName, QueueSpec<Name>>> = {
  // More deliveries than a file may have readings, so that the one after the last reading can fail the dataset.
  datasets: { consumer: 'process-dataset', visibilitySeconds: 960, maxReceives: 5, batchSize: 1, concurrency: 2 },
  training: { consumer: 'dispatch-training', visibilitySeconds: 120, maxReceives: 5, batchSize: 10, concurrency: 1 },
  predictions: { consumer: 'predict-batch', visibilitySeconds: 960, maxReceives: 5, batchSize: 1, concurrency: 2 },
  logs: {
    ...{ consumer: 'log-predictions', visibilitySeconds: 180, maxReceives: 5, batchSize: 500, windowSeconds: 10 },
    concurrency: 1,
  },
  vault: { consumer: 'run-vault-job', visibilitySeconds: 960, maxReceives: 5, batchSize: 1, concurrency: 2 },
  webhooks: { consumer: 'deliver-webhook', visibilitySeconds: 60, maxReceives: 5, batchSize: 1, concurrency: 8 },
  encoders: { consumer: 'load-encoder', visibilitySeconds: 960, maxReceives: 5, batchSize: 1, concurrency: 1 },
};

export const rules: readonly EventRule<Name>[] = [
  { types: ['compute.stopped'], target: 'settle-training' },
  { types: EVENT_TYPES, target: 'match-webhooks' },
  { source: 'aws.batch', types: ['Batch Job State Change'], target: 'batch-stopped' },
];

export const schedules: readonly Schedule<Name>[] = [
  { everySeconds: 300, target: 'sweep' },
  { everySeconds: 60, target: 'due-webhooks' },
  { everySeconds: 60, target: 'check-drift' },
  { everySeconds: 300, target: 'back-up-vaults' },
];

/**
 * What the Compute port starts for a job: a program, or for a small job in the cloud a function, which is not retried.
 */
export const trainer = { entry: 'containers/trainer/main.ts', function: 'run-training' } as const;

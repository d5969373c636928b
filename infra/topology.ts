/**
 * What Trainyard consists of, as plain data: every surface, function, queue, event rule, schedule, table, bucket and
 * key. The one-machine host and the CDK app read this same file, so that the two cannot drift.
 */
import type { BucketName, QueueName } from '#domain/ports.ts';

export type FunctionName =
  | 'platform-api'
  | 'platform-predict'
  | 'platform-download'
  | 'process-dataset'
  | 'dispatch-training'
  | 'settle-training'
  | 'batch-stopped'
  | 'run-training'
  | 'sweep';

/** Reading one item, an account's or the index's items in order, and writing in one of three ways, also in a transaction. */
export type TableUse = 'get' | 'query' | 'index' | 'put' | 'update' | 'delete';

/** Reading, writing whole files, letting callers write in parts, and finding and deleting. */
export type BucketUse = 'read' | 'put' | 'upload' | 'delete';

/** What a function touches. In the cloud its role allows just that, and on one machine nothing else answers. */
export interface Uses {
  readonly table?: readonly TableUse[];
  readonly buckets?: Readonly<Partial<Record<BucketName, readonly BucketUse[]>>>;
  /** Queues that it sends to; that it may receive from those it consumes goes without saying. */
  readonly sends?: readonly QueueName[];
  readonly publishes?: true;
  /** `sign` makes tokens, `verify` only reads the public key. */
  readonly tokens?: 'sign' | 'verify';
  readonly compute?: readonly ('submit' | 'describe' | 'terminate')[];
}

export interface FunctionSpec {
  /** A module that exports `makeHandler(adapters, options)`. */
  readonly entry: string;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  /**
   * Whether a call can keep a processor busy for long. On one machine such a function runs in worker threads, so that
   * it never blocks the listener; in the cloud each call has a machine of its own anyway.
   */
  readonly computes: boolean;
  /** Whether the answer is streamed instead of handed back whole. */
  readonly streams: boolean;
  /** Whether it loads ONNX Runtime, which in the cloud is a layer. */
  readonly runtime: boolean;
  readonly uses: Uses;
}

/** A path template of API Gateway: literal segments, `{name}`, and `{name+}` for the rest. */
export interface SurfaceRoute {
  readonly path: string;
  readonly function: FunctionName;
}

export interface Surface {
  readonly title: string;
  /** On one machine, before `--port-offset`. */
  readonly port: number;
  /** Below the domain, in the cloud. */
  readonly cloudBase: string;
  /** The most specific path wins. */
  readonly routes: readonly SurfaceRoute[];
}

export interface QueueSpec {
  readonly consumer: FunctionName;
  /** How long a message is hidden from others once it was received; longer than the consumer's time limit. */
  readonly visibilitySeconds: number;
  /** Deliveries after which a message goes to the dead-letter queue. */
  readonly maxReceives: number;
  readonly batchSize: number;
  /** Batches in hand at once. */
  readonly concurrency: number;
}

export interface EventRule {
  /** Who published: Trainyard, unless said otherwise. Events of AWS's own services exist in the cloud only. */
  readonly source?: 'aws.batch';
  /** Events whose type is one of these … */
  readonly types: readonly string[];
  /** … are handed to this function. */
  readonly target: FunctionName;
}

export interface Schedule {
  readonly everySeconds: number;
  readonly target: FunctionName;
}

export const surfaces = {
  platform: {
    title: 'Platform',
    port: 8000,
    cloudBase: '/platform',
    routes: [
      { path: '/{proxy+}', function: 'platform-api' },
      { path: '/models/{model_id}/predict', function: 'platform-predict' },
      { path: '/models/{model_id}/download', function: 'platform-download' },
    ],
  },
} as const satisfies Record<string, Surface>;

export type SurfaceName = keyof typeof surfaces;

export const functions: Readonly<Record<FunctionName, FunctionSpec>> = {
  'platform-api': {
    entry: 'functions/platform/api.ts',
    memoryMegabytes: 1024,
    timeoutSeconds: 29,
    computes: false,
    streams: false,
    runtime: false,
    uses: {
      table: ['get', 'query', 'put', 'update', 'delete'],
      buckets: { datasets: ['read', 'put', 'upload', 'delete'], artifacts: ['read', 'delete'] },
      sends: ['datasets', 'training'],
      tokens: 'sign',
      compute: ['terminate'],
    },
  },
  'platform-predict': {
    entry: 'functions/platform/predict.ts',
    memoryMegabytes: 2048,
    timeoutSeconds: 29,
    computes: true,
    streams: false,
    runtime: true,
    uses: { table: ['get', 'update'], buckets: { artifacts: ['read'] }, tokens: 'verify' },
  },
  'platform-download': {
    entry: 'functions/platform/download.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 900,
    computes: false,
    streams: true,
    runtime: false,
    uses: { table: ['get', 'update'], buckets: { artifacts: ['read'] }, tokens: 'verify' },
  },
  'process-dataset': {
    entry: 'functions/events/process-dataset.ts',
    memoryMegabytes: 2048,
    timeoutSeconds: 900,
    computes: true,
    streams: false,
    runtime: false,
    uses: { table: ['get', 'put', 'update', 'delete'], buckets: { datasets: ['read', 'put'] }, publishes: true },
  },
  'dispatch-training': {
    entry: 'functions/events/dispatch-training.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 60,
    computes: false,
    streams: false,
    runtime: false,
    uses: { table: ['get', 'put', 'update', 'delete'], publishes: true, compute: ['submit', 'describe', 'terminate'] },
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
  // The memory gives it almost two processors.
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
};

export const queues: Readonly<Record<QueueName, QueueSpec>> = {
  datasets: { consumer: 'process-dataset', visibilitySeconds: 960, maxReceives: 3, batchSize: 1, concurrency: 1 },
  training: { consumer: 'dispatch-training', visibilitySeconds: 120, maxReceives: 5, batchSize: 10, concurrency: 1 },
};

export const rules: readonly EventRule[] = [
  { types: ['compute.stopped'], target: 'settle-training' },
  { source: 'aws.batch', types: ['Batch Job State Change'], target: 'batch-stopped' },
];

export const schedules: readonly Schedule[] = [{ everySeconds: 300, target: 'sweep' }];

/** Attributes that mean something to the table itself; see `Item` in the ports. */
export const table = {
  partitionKey: 'pk',
  sortKey: 'sk',
  index: { name: 'byIndex', partitionKey: 'ipk', sortKey: 'isk' },
  expiry: 'expiresAt',
} as const;

export const buckets: readonly BucketName[] = ['datasets', 'artifacts'];

/** One key signs tokens, the other wraps data keys. */
export const keys = { tokens: 'ECC_NIST_P256', data: 'SYMMETRIC_DEFAULT' } as const;

/** What the compute port starts for a job: a program, or in the cloud, for a small one, a function that is not retried. */
export const trainer = { entry: 'containers/trainer/main.ts', function: 'run-training' } as const;

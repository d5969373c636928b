/** The kinds of things that Trainyard consists of. */
import type { BucketName } from '#domain/ports/blobs/port.ts';
import type { QueueName } from '#domain/ports/queue/port.ts';

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
export interface SurfaceRoute<Name extends string = string> {
  readonly path: string;
  readonly function: Name;
}

export interface Surface<Name extends string = string> {
  readonly title: string;
  /** On one machine, before `--port-offset`. */
  readonly port: number;
  /** Below the domain, in the cloud. */
  readonly cloudBase: string;
  /** The most specific path wins. */
  readonly routes: readonly SurfaceRoute<Name>[];
}

export interface QueueSpec<Name extends string = string> {
  readonly consumer: Name;
  /** How long a message is hidden from others once it was received; longer than the consumer's time limit. */
  readonly visibilitySeconds: number;
  /** Deliveries after which a message goes to the dead-letter queue. */
  readonly maxReceives: number;
  readonly batchSize: number;
  /** Batches in hand at once. */
  readonly concurrency: number;
}

export interface EventRule<Name extends string = string> {
  /** Who published: Trainyard, unless said otherwise. Events of AWS's own services exist in the cloud only. */
  readonly source?: 'aws.batch';
  /** Events whose type is one of these … */
  readonly types: readonly string[];
  /** … are handed to this function. */
  readonly target: Name;
}

export interface Schedule<Name extends string = string> {
  readonly everySeconds: number;
  readonly target: Name;
}

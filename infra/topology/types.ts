/** The types of the topology. */
import type { BucketName } from '#domain/ports/blobs/port.ts';
import type { QueueName } from '#domain/ports/queue/port.ts';

/**
 * Reading items, querying a partition or the index, writing in one of three ways, alone or in a transaction, and checking
 * an item in a transaction.
 */
export type TableUse = 'get' | 'query' | 'index' | 'put' | 'update' | 'delete' | 'check';

/** Reading, writing whole files, multipart uploads by callers, and listing and deleting, unfinished uploads too. */
export type BucketUse = 'read' | 'put' | 'upload' | 'delete';

/** What a function uses. In the cloud its role allows only that; on one machine any other call is refused. */
export interface Uses {
  readonly table?: readonly TableUse[];
  readonly buckets?: Readonly<Partial<Record<BucketName, readonly BucketUse[]>>>;
  /** What it does in the second location of backups, where there is one. */
  readonly copies?: readonly Exclude<BucketUse, 'upload'>[];
  /** Queues that it sends to; it may always receive from those that it consumes. */
  readonly sends?: readonly QueueName[];
  readonly publishes?: true;
  /** `sign` issues tokens, `verify` only reads the public key. */
  readonly tokens?: 'sign' | 'verify';
  /** `generate` makes data keys, with which it encrypts; `unwrap` is what it needs to decrypt. */
  readonly dataKeys?: readonly ('generate' | 'unwrap')[];
  /** Whether it reads the token that registers the first account. */
  readonly bootstrap?: true;
  readonly compute?: readonly ('submit' | 'describe' | 'terminate')[];
}

export interface FunctionSpec {
  /** A module that exports `makeHandler(adapters, options)`. */
  readonly entry: string;
  readonly memoryMegabytes: number;
  /** Of its disk in the cloud, where files are copied of which any part must be read. Default: 512. */
  readonly diskMegabytes?: number;
  readonly timeoutSeconds: number;
  /**
   * Whether the function is CPU-bound. On one machine such a function runs in worker threads, so that it never blocks
   * the listener; in the cloud each call has its own environment anyway.
   */
  readonly computes: boolean;
  /**
   * On one machine: whether it is called in the listener's thread nevertheless where the request's body is small, because
   * it leaves to other threads what takes long, and a change of threads costs as much as the call itself.
   */
  readonly callsSmallHere?: true;
  /**
   * On one machine: how many calls a worker thread has in hand at once, where most of them wait for files or for other
   * threads. A quarter of them may be one caller's. Default: one, and the others wait until it has ended.
   */
  readonly turnsAtOnce?: number;
  /** Whether the response is streamed instead of buffered. */
  readonly streams: boolean;
  /** Whether it loads ONNX Runtime, which is a layer in the cloud. */
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
  /**
   * What lies at or below these paths may be called without credentials by the operator, on one machine. A call makes the
   * operator's account where nobody has registered yet: so nothing that is open to anybody belongs here, such as `/`.
   */
  readonly anonymous?: readonly string[];
  /** The most specific path wins. */
  readonly routes: readonly SurfaceRoute<Name>[];
}

export interface QueueSpec<Name extends string = string> {
  readonly consumer: Name;
  /** How long a received message stays hidden from others; longer than the consumer's time limit. */
  readonly visibilitySeconds: number;
  /** Deliveries after which a message goes to the dead-letter queue. */
  readonly maxReceives: number;
  readonly batchSize: number;
  /** How long messages are gathered before a batch that is not full is delivered. Default: not at all. */
  readonly windowSeconds?: number;
  /** Batches in flight at once on one machine. Where there are several, one account has at most one fewer. */
  readonly concurrency: number;
}

export interface EventRule<Name extends string = string> {
  /** The publisher. Default: Trainyard. Events of AWS's own services exist in the cloud only. */
  readonly source?: 'aws.batch';
  /** Events whose type is one of these … */
  readonly types: readonly string[];
  /** … are delivered to this function. */
  readonly target: Name;
}

export interface Schedule<Name extends string = string> {
  readonly everySeconds: number;
  readonly target: Name;
}

import type { IncomingMessage } from 'node:http';
import type { Awaitable } from '#domain/awaitable.ts';
import { RequestTimeoutError, UnavailableError } from '#domain/errors.ts';
import { type ReadOptions, type Received, type RequestBody, receivedOf } from '#domain/request-body.ts';
import { freeBytesOf, isDiskFull } from '#embedded/disk-space.ts';
import { receiveBody } from './receive-body.ts';
import type { SharedLimits } from './shared-limits.ts';
import { Spool } from './spool.ts';

export interface BodyOptions extends Pick<SharedLimits, 'limits' | 'bodies'> {
  readonly spoolFolder: string;
  /** Sends `100 Continue` if the client expects it. */
  readonly sendContinue: () => void;
}

type Failure = Exclude<Received, { kind: 'complete' }>;

/** Bodies up to this size are taken as they have arrived: Node.js has read them in any case. */
export const ARRIVED_BYTES = 16_384;

/** A request's body, which is not received before it is asked for. */
export class IncomingBody implements RequestBody {
  readonly #request: IncomingMessage;
  readonly #options: BodyOptions;
  /** Of a body that did not come with the head. */
  #spool: Spool | undefined;
  /** While the body is being received. */
  #receiving: AbortController | undefined;
  #arrived: Uint8Array | undefined;
  #reading: Promise<Received> | undefined;
  #abortedWith: Failure | undefined;
  #release: () => void = () => {};

  constructor(request: IncomingMessage, options: BodyOptions) {
    this.#request = request;
    this.#options = options;
  }

  get contentLength(): number | undefined {
    const { headers } = this.#request;
    return headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : undefined;
  }

  arrived(): Uint8Array | undefined {
    const request = this.#request;
    if (this.#arrived !== undefined || this.#reading !== undefined) return this.#arrived;
    if (!request.complete || request.destroyed || request.readableLength > ARRIVED_BYTES) return undefined;
    this.#arrived = request.read() ?? new Uint8Array();
    return this.#arrived;
  }

  /** Receives and spools the body. Further calls return the same result. */
  read(options: ReadOptions): Awaitable<Received> {
    const arrived = this.arrived();
    if (arrived !== undefined) return receivedOf(arrived, options.maxBytes);
    this.#reading ??= this.#read(options);
    return this.#reading;
  }

  /** Streams the body without spooling it. Throws `RequestTimeoutError`, `UnavailableError`. */
  async *stream(): AsyncGenerator<Buffer> {
    const { limits, sendContinue } = this.#options;
    sendContinue();
    const progress = { seconds: limits.bodySeconds, bytes: limits.progressBytes };
    if (this.#abortedWith !== undefined) throw stopping();
    this.#receiving = new AbortController();
    try {
      yield* receiveBody(this.#request, progress, this.#receiving.signal);
    } finally {
      this.#receiving = undefined;
    }
  }

  /** Aborts receiving the body because the host is closing. */
  stop(): void {
    this.#abort({ kind: 'stopping' });
  }

  /** Releases memory, file and quota. The content cannot be read afterwards. `undefined`: that is done. */
  release(): Promise<void> | undefined {
    this.#abort({ kind: 'disconnected' });
    if (this.#reading !== undefined) return this.#releaseRead(this.#reading);
    this.#discard();
    return undefined;
  }

  async #releaseRead(reading: Promise<Received>): Promise<void> {
    await reading.catch(() => undefined);
    this.#discard();
    this.#release();
    await this.#spool?.close();
  }

  /** What was not read, so that another request can follow on the connection. */
  #discard(): void {
    if (this.#arrived === undefined) this.#request.resume();
  }

  #abort(failure: Failure): void {
    this.#abortedWith ??= failure;
    this.#receiving?.abort(stopping());
  }

  async #read({ maxBytes, client }: ReadOptions): Promise<Received> {
    const abort = () => this.#abort({ kind: 'overLimit', scope: 'host' });
    const reservation = this.#options.bodies.open(client, abort);
    this.#release = reservation.release;
    const spool = new Spool(this.#options.spoolFolder, this.#options.limits.memoryBytes);
    this.#spool = spool;
    try {
      for await (const chunk of this.stream()) {
        const size = spool.size + chunk.length;
        if (size > maxBytes) return { kind: 'tooLarge', bytes: size };
        const scope = reservation.add(chunk.length);
        if (scope !== undefined) return { kind: 'overLimit', scope };
        await spool.write(chunk);
      }
    } catch (error) {
      if (error instanceof RequestTimeoutError) return { kind: 'stalled', seconds: this.#options.limits.bodySeconds };
      if (this.#abortedWith !== undefined) return this.#abortedWith;
      if (isDiskFull(error)) return { kind: 'diskFull', freeBytes: freeBytesOf(this.#options.spoolFolder) };
      if (this.#request.destroyed) return { kind: 'disconnected' };
      throw error;
    }
    reservation.complete();
    return { kind: 'complete', content: spool.content() };
  }
}

const stopping = () => new UnavailableError('The service is stopping');

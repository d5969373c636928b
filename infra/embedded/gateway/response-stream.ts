/**
 * Response streaming as Lambda's Node.js runtime offers it through the global `awslambda`: the function writes to a
 * stream; status and headers are sent before the first byte.
 */
import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import type { APIGatewayProxyResult } from 'aws-lambda';
import { writeHead } from './write-result.ts';

type Head = Omit<APIGatewayProxyResult, 'body'>;

/** Nobody reads the rest of a response: its client has closed the connection, or the host has. */
export class ConnectionClosed extends Error {}

/** The writing end that a streaming function gets. */
export class ResponseStream extends Writable {
  readonly #response: ServerResponse;
  readonly #withBody: boolean;
  #begun = false;
  #isEvents = false;

  constructor(response: ServerResponse, withBody: boolean) {
    super();
    this.#response = response;
    this.#withBody = withBody;
    // Whoever writes is told; a client may also go when nobody is writing, and nobody listens.
    this.on('error', () => {});
    response.on('close', () => {
      if (!response.writableEnded) this.destroy(new ConnectionClosed('the client closed the connection'));
    });
  }

  /** True once the head is sent: from then on an error can only close the connection. */
  get begun(): boolean {
    return this.#begun;
  }

  setHead(head: Head): void {
    writeHead(this.#response, head);
    this.#isEvents = head.headers?.['Content-Type'] === 'text/event-stream';
    this.#begun = true;
  }

  /** Ends a stream of events, whose client connects again elsewhere. A download is to end by itself. */
  close(): void {
    if (this.#isEvents) this.#response.destroy();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (!this.#withBody || chunk.length === 0 || this.#response.write(chunk)) done();
    else this.#response.once('drain', () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#response.end(() => done());
  }
}

/** A handler wrapped by `streamifyResponse`. */
export type StreamingHandler = (event: unknown, stream: ResponseStream, context: unknown) => Promise<void>;

const runtime = {
  streamifyResponse: (handler: StreamingHandler): StreamingHandler => handler,
  HttpResponseStream: {
    from(stream: ResponseStream, head: Head): ResponseStream {
      stream.setHead(head);
      return stream;
    },
  },
};

/** Defines the global that streaming functions use. */
export function provideStreamingRuntime(): void {
  Object.assign(globalThis, { awslambda: runtime });
}

/**
 * Response streaming as Lambda's Node.js runtime offers it through the global `awslambda`: the function writes into a
 * stream; what it says about status and headers goes ahead of the first byte.
 */
import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import type { APIGatewayProxyResult } from 'aws-lambda';
import { writeHead } from './proxy-event.ts';

type Head = Omit<APIGatewayProxyResult, 'body'>;

/** The writing end that a streaming function gets. */
export class ResponseStream extends Writable {
  readonly #response: ServerResponse;
  readonly #withBody: boolean;
  #begun = false;

  constructor(response: ServerResponse, withBody: boolean) {
    super();
    this.#response = response;
    this.#withBody = withBody;
    response.on('close', () => {
      if (!response.writableEnded) this.destroy(new Error('the client closed the connection'));
    });
  }

  /** True once the head is on its way: from then on an error can only cut the connection. */
  get begun(): boolean {
    return this.#begun;
  }

  setHead(head: Head): void {
    writeHead(this.#response, head);
    this.#begun = true;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (!this.#withBody || chunk.length === 0 || this.#response.write(chunk)) done();
    else this.#response.once('drain', () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#response.end(() => done());
  }
}

/** What a streaming handler is once `streamifyResponse` has marked it. */
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

/** Puts the global in place that streaming functions look for. */
export function provideStreamingRuntime(): void {
  Object.assign(globalThis, { awslambda: runtime });
}

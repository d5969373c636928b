/**
 * Loaded into the emulator's functions before their programs, by `emulator.py`: the global `awslambda` of Lambda's
 * Node.js runtime, with which a function streams. MiniStack has neither that nor an API Gateway that forwards a stream,
 * so the response is buffered and sent as a whole.
 */
import { Writable } from 'node:stream';
import type { APIGatewayProxyResult } from 'aws-lambda';

type Head = Omit<APIGatewayProxyResult, 'body'>;

class Answer extends Writable {
  head: Head = { statusCode: 200 };
  readonly chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.chunks.push(chunk);
    done();
  }
}

type Streaming = (event: unknown, answer: Answer, context: unknown) => Promise<void>;
type Whole = (event: unknown, context: unknown) => Promise<APIGatewayProxyResult>;

const awslambda = {
  streamifyResponse:
    (handler: Streaming): Whole =>
    async (event, context) => {
      const answer = new Answer();
      await handler(event, answer, context);
      return { ...answer.head, isBase64Encoded: true, body: Buffer.concat(answer.chunks).toString('base64') };
    },
  HttpResponseStream: {
    from: (answer: Answer, head: Head): Answer => Object.assign(answer, { head }),
  },
};

Object.assign(globalThis, { awslambda });

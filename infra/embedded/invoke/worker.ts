/** A worker thread with one function and its own adapters, which handles one turn at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import { contentOf, type Received, type RequestBody } from '#domain/request-body.ts';
import { openEmbedded } from '#embedded/open.ts';
import { makeLogger } from '../logger.ts';
import { makeContext } from './context.ts';
import { loadHandler } from './load.ts';
import type { BodyMessage, CallMessage, HostMessage, ReplyMessage, WorkerSetup } from './messages.ts';

const setup = workerData as WorkerSetup;
const port = parentPort!;
/** Of the current turn: calls interleave, turns do not. */
let baseUrl = '';
const adapters = await openEmbedded({ ...setup.embedded, baseUrl: () => baseUrl });
const logger = makeLogger(setup.name, setup.log);
const controller = new AbortController();
const options = { settings: setup.settings, logger, closing: controller.signal };
const handler = await loadHandler(setup.name, adapters, options);
/** The calls that wait for their bodies, by request id. */
const waiting = new Map<string, (message: BodyMessage) => void>();

const reply = (message: ReplyMessage): void => port.postMessage(message);

port.on('message', (message: HostMessage) => {
  if (message.kind === 'close') return controller.abort();
  baseUrl = message.baseUrl;
  if (message.kind === 'call') return void call(message);
  const resume = waiting.get(message.requestId);
  waiting.delete(message.requestId);
  if (resume) resume(message);
  else reply({ kind: 'unknown' });
});
port.postMessage('ready');

async function call({ event, requestId, milliseconds, body }: CallMessage): Promise<void> {
  let deadline = Date.now() + milliseconds;
  const requestBody: RequestBody | undefined = body && {
    contentLength: body.contentLength,
    async read(options) {
      const { promise, resolve } = Promise.withResolvers<BodyMessage>();
      waiting.set(requestId, resolve);
      reply({ kind: 'bodyRequest', options });
      const { received, milliseconds } = await promise;
      deadline = Date.now() + milliseconds;
      return withContent(received);
    },
  };
  const remaining = () => Math.max(0, deadline - Date.now());
  try {
    reply({ kind: 'result', result: await handler(event, makeContext(setup.name, requestId, remaining, requestBody)) });
  } catch (error) {
    reply({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

const withContent = (received: BodyMessage['received']): Received =>
  received.kind === 'complete' ? { kind: 'complete', content: contentOf(received.bytes) } : received;

/** A worker thread with one function and its own adapters, which handles the turns of several calls at once. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { contentOf, type Received, type RequestBody, receivedOf } from '#domain/request-body.ts';
import { openEmbedded } from '#embedded/open.ts';
import { useNativeGate } from '#engine/native-gate.ts';
import { makeLogger } from '../logger.ts';
import { makeContext } from './context.ts';
import { loadHandler } from './load.ts';
import type { BodyMessage, CallMessage, HostMessage, Reply, ThreadSetup } from './messages.ts';

const setup = workerData as ThreadSetup;
useNativeGate(setup.nativeGate);
const port = parentPort!;
/** Of each call. */
const baseUrls = new AsyncLocalStorage<string>();
const adapters = await openEmbedded({ ...setup.embedded, baseUrl: () => baseUrls.getStore() ?? '' });
const logger = makeLogger(setup.name, setup.log);
const controller = new AbortController();
const options = { settings: setup.settings, logger, closing: controller.signal };
const handler = await loadHandler(setup.name, adapters, options);
/** The calls that wait for their bodies, by number. */
const waiting = new Map<number, (message: BodyMessage) => void>();

const reply = (call: number, message: Reply): void => port.postMessage({ ...message, call });

port.on('message', (message: HostMessage) => {
  if (message.kind === 'close') return controller.abort();
  if (message.kind === 'call') return void baseUrls.run(message.baseUrl, call, message);
  const resume = waiting.get(message.call);
  waiting.delete(message.call);
  if (resume) resume(message);
  else reply(message.call, { kind: 'unknown' });
});
port.postMessage('ready');

async function call({ call: number, event, requestId, milliseconds, body }: CallMessage): Promise<void> {
  let deadline = Date.now() + milliseconds;
  const receive: RequestBody['read'] = async (options) => {
    const { promise, resolve } = Promise.withResolvers<BodyMessage>();
    waiting.set(number, resolve);
    reply(number, { kind: 'bodyRequest', options });
    const { received, milliseconds } = await promise;
    deadline = Date.now() + milliseconds;
    return withContent(received);
  };
  const requestBody = body && { contentLength: body.contentLength, read: arrivedBody(body.arrived) ?? receive };
  const remaining = () => Math.max(0, deadline - Date.now());
  try {
    const result = await handler(event, makeContext(setup.name, requestId, remaining, requestBody));
    reply(number, { kind: 'result', result });
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    reply(number, { kind: 'failed', message });
  }
}

const withContent = (received: BodyMessage['received']): Received =>
  received.kind === 'complete' ? { kind: 'complete', content: contentOf(received.bytes) } : received;

const arrivedBody = (bytes: Uint8Array | undefined): RequestBody['read'] | undefined =>
  bytes && (async ({ maxBytes }) => receivedOf(bytes, maxBytes));

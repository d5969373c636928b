/** A worker thread with one function and its own adapters, which handles one call at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import { openEmbedded } from '#embedded/open.ts';
import { makeLogger } from '../logger.ts';
import { makeContext } from './context.ts';
import { loadHandler } from './load.ts';
import type { CallMessage, ReplyMessage, WorkerSetup } from './messages.ts';

const setup = workerData as WorkerSetup;
const port = parentPort!;
const adapters = await openEmbedded(setup.embedded);
const logger = makeLogger(setup.name, setup.log);
const handler = await loadHandler(setup.name, adapters, { settings: setup.settings, logger });

port.on('message', async (call: CallMessage) => {
  const reply = await answer(call);
  port.postMessage(reply);
});
port.postMessage('ready');

async function answer(call: CallMessage): Promise<ReplyMessage> {
  try {
    return { ok: true, result: await handler(call.event, makeContext(setup.name, call.requestId, call.deadline)) };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

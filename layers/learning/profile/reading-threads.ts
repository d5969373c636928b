/**
 * Threads that read columns. One that has read a table waits for the next one for a while: to start a thread, and to compile
 * what it runs, takes longer than to read a table of some megabytes.
 */
import { Worker } from 'node:worker_threads';
// Whoever starts threads says so; these do not load it.
import '#engine/telemetry.ts';

const IDLE_MS = 60_000;

interface Idle {
  readonly program: URL;
  readonly worker: Worker;
  readonly timer: NodeJS.Timeout;
}

const idle = new Set<Idle>();
const programs = new WeakMap<Worker, URL>();

/** Reads columns of a table. */
export const COLUMN_PROGRAM = new URL('./column-worker.ts', import.meta.url);
/** Reads a file while it arrives. */
export const ARRIVING_PROGRAM = new URL('./arriving-worker.ts', import.meta.url);

/** Give it back to `keepThread`, or end it. */
export function takeThread(program: URL): Worker {
  const waiting = [...idle].find((one) => one.program === program);
  if (waiting === undefined) return started(program);
  leave(waiting);
  waiting.worker.ref();
  return waiting.worker;
}

/** Of a thread that has nothing to do, and of which nobody waits for a message. */
export function keepThread(worker: Worker): void {
  removeListeners(worker);
  const timer = setTimeout(() => void end(waiting), IDLE_MS).unref();
  const waiting: Idle = { program: programs.get(worker)!, worker, timer };
  idle.add(waiting);
  worker.once('error', () => leave(waiting)).once('exit', () => leave(waiting));
  // The process may end meanwhile.
  worker.unref();
}

function started(program: URL): Worker {
  const worker = new Worker(program);
  programs.set(worker, program);
  return worker;
}

function leave(waiting: Idle): void {
  clearTimeout(waiting.timer);
  idle.delete(waiting);
  removeListeners(waiting.worker);
}

/** Not those of Node.js, without which no message is received any more. */
function removeListeners(worker: Worker): void {
  for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
}

async function end(waiting: Idle): Promise<void> {
  leave(waiting);
  await waiting.worker.terminate();
}

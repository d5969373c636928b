/** A host in a process of its own, which can be killed at any moment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { KEY } from './key.ts';

const START_MS = 120_000;
const MANAGER_PORT = 8004;

export interface FaultyHost {
  readonly base: string;
  /** The end of what it has logged. */
  logged(): string;
  /** `kill -9`. Resolves once the process is gone. */
  kill(): Promise<void>;
  /** Ends it properly. What it has compiled is stored then, so that the next ones start in less time. */
  stop(): Promise<void>;
}

/** @param dir where the data folder is, beside what was compiled */
export async function startHost(dir: string, offset: number): Promise<FaultyHost> {
  const args = ['--disable-warning=ExperimentalWarning', 'test/faults/served.ts', join(dir, 'data'), `${offset}`];
  const env = { ...process.env, NODE_COMPILE_CACHE: join(dir, 'compiled') };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], env });
  let logged = '';
  child.stderr.on('data', (chunk: Buffer) => {
    logged = `${logged}${chunk.toString('utf8')}`.slice(-4000);
  });
  const base = `http://127.0.0.1:${MANAGER_PORT + offset}/api/model-manager`;
  const log = () => logged;
  await answering(base, child, log);
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  return { base, logged: log, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}

async function answering(base: string, child: ChildProcess, logged: () => string): Promise<void> {
  const end = Date.now() + START_MS;
  while (Date.now() < end) {
    if (child.exitCode !== null) throw new Error(`the host did not start: ${logged()}`);
    try {
      await fetch(`${base}/list`, { headers: { 'x-api-key': KEY } });
      return;
    } catch {
      await delay(50);
    }
  }
  throw new Error(`the host does not answer: ${logged()}`);
}

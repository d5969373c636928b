/** A host in a process of its own, which can be killed at any moment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { KEY } from './key.ts';

const START_MS = 120_000;
const MANAGER_PORT = 8004;

export interface FaultyHost {
  readonly base: string;
  /** `kill -9`. Resolves once the process is gone. */
  kill(): Promise<void>;
}

export async function startHost(dir: string, offset: number): Promise<FaultyHost> {
  const args = ['--disable-warning=ExperimentalWarning', 'test/faults/served.ts', dir, `${offset}`];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => {
    told = `${told}${chunk.toString('utf8')}`.slice(-4000);
  });
  const base = `http://127.0.0.1:${MANAGER_PORT + offset}/api/model-manager`;
  await answering(base, child, () => told);
  return {
    base,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function answering(base: string, child: ChildProcess, told: () => string): Promise<void> {
  const end = Date.now() + START_MS;
  while (Date.now() < end) {
    if (child.exitCode !== null) throw new Error(`the host did not start: ${told()}`);
    try {
      await fetch(`${base}/list`, { headers: { 'x-api-key': KEY } });
      return;
    } catch {
      await delay(50);
    }
  }
  throw new Error(`the host does not answer: ${told()}`);
}

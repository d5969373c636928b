/** A host in a process of its own, which can be killed at any moment. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const START_MS = 120_000;

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
export async function startHost(dir: string): Promise<FaultyHost> {
  const args = ['--disable-warning=ExperimentalWarning', 'test/faults/served.ts', join(dir, 'data')];
  const env = { ...process.env, NODE_COMPILE_CACHE: join(dir, 'compiled') };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let logged = '';
  child.stderr.on('data', (chunk: Buffer) => {
    logged = `${logged}${chunk.toString('utf8')}`.slice(-4000);
  });
  const late = setTimeout(() => child.kill('SIGKILL'), START_MS);
  const { value: served } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  clearTimeout(late);
  if (served === undefined) throw new Error(`the host did not start: ${logged}`);
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  const base = `${served}/api/model-manager`;
  return { base, logged: () => logged, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}

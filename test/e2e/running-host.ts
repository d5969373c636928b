/** Starts the real program, as `npm start` does, and talks to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class RunningHost {
  readonly child: ChildProcess;
  readonly base: string;
  readonly finished: Promise<Finished>;

  constructor(child: ChildProcess, base: string, finished: Promise<Finished>) {
    this.child = child;
    this.base = base;
    this.finished = finished;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
    this.child.kill(signal);
    return this.finished;
  }
}

/** Runs the host's program until it exits; for wrong command lines. */
export function runHost(...args: readonly string[]): Promise<Finished> {
  return launch(args).finished;
}

export interface HostProcessOptions {
  /** Further options of the host. */
  readonly args?: readonly string[];
  /** Options of `node` itself. */
  readonly nodeOptions?: readonly string[];
}

/** Starts a host on free ports, whose webhooks may be delivered to this machine. Resolves once it prints that it is running. */
export async function startHostProcess(
  dataDir: string,
  { args = [], nodeOptions = [] }: HostProcessOptions = {},
): Promise<RunningHost> {
  const { child, finished, output } = launch(
    ['--data', dataDir, '--port-offset', 'free', '--webhooks-to-loopback', ...args],
    nodeOptions,
  );
  const started = new Promise<string>((resolve) => {
    child.stdout!.on('data', () => {
      const base = /platform\s+(http:\S+)/.exec(output())?.[1];
      if (base !== undefined && output().includes('Stop with')) resolve(base);
    });
  });
  const base = await Promise.race([
    started,
    finished.then((end) => {
      throw new Error(`the host did not start: ${end.stderr}`);
    }),
  ]);
  return new RunningHost(child, base, finished);
}

function launch(args: readonly string[], nodeOptions: readonly string[] = []) {
  const options = ['--disable-warning=ExperimentalWarning', ...nodeOptions];
  const child = spawn(process.execPath, [...options, 'infra/embedded/main.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const finished = once(child, 'close').then(
    ([code, signal]): Finished => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout,
      stderr,
    }),
  );
  return { child, finished, output: () => stdout };
}

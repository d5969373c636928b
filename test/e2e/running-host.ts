/** Starts the real program, as `npm start` does, and talks to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type SurfaceName, surfaces } from '#infra/topology.ts';

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Those of Node.js with which `npm start` starts it. */
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { start: string } };
const START_OPTIONS = scripts.start.split(' ').filter((word) => word.startsWith('--'));

type Bases = Readonly<Record<SurfaceName, string>>;

export class RunningHost {
  readonly child: ChildProcess;
  readonly bases: Bases;
  readonly finished: Promise<Finished>;

  constructor(child: ChildProcess, bases: Bases, finished: Promise<Finished>) {
    this.child = child;
    this.bases = bases;
    this.finished = finished;
  }

  /** Of the platform. */
  get base(): string {
    return this.bases.platform;
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
  /** Variables beside those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts a host on free ports, whose webhooks may be delivered to this machine. Resolves once it prints that it is running. */
export async function startHostProcess(
  dataDir: string,
  { args = [], nodeOptions = [], environment = {} }: HostProcessOptions = {},
): Promise<RunningHost> {
  const { child, finished, output } = launch(
    ['--data', dataDir, '--port-offset', 'free', '--webhooks-to-loopback', ...args],
    nodeOptions,
    environment,
  );
  const started = new Promise<string>((resolve) => {
    child.stdout!.on('data', () => {
      if (output().includes('Stop with')) resolve(output());
    });
  });
  const printed = await Promise.race([
    started,
    finished.then((end) => {
      throw new Error(`the host did not start: ${end.stderr}`);
    }),
  ]);
  return new RunningHost(child, basesIn(printed), finished);
}

function basesIn(output: string): Bases {
  const printed = new Map([...output.matchAll(/^ {2}(\w+) +(http:\S+)$/gm)].map(([, name, base]) => [name!, base!]));
  const base = (name: string) => {
    const found = printed.get(name);
    if (found === undefined) throw new Error(`the host did not print where the surface ${name} is: ${output}`);
    return [name, found] as const;
  };
  return Object.fromEntries(Object.keys(surfaces).map(base)) as Bases;
}

function launch(args: readonly string[], nodeOptions: readonly string[] = [], environment = {}) {
  const options = ['--disable-warning=ExperimentalWarning', ...START_OPTIONS, ...nodeOptions];
  const child = spawn(process.execPath, [...options, 'infra/embedded/main.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
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

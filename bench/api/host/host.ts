import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a host is asked: the memory of its main thread's objects after a garbage collection, or to close. */
export type HostQuestion = 'heap' | 'stop';
/** Of the surfaces by name: an earlier version has fewer. */
export type Bases = { readonly platform: string } & Readonly<Record<string, string>>;
export type HostMessage = { readonly bases: Bases } | { readonly heapMiB: number };

/** A one-machine host in a process of its own. */
export interface RunningHost extends AsyncDisposable {
  /** Of the platform. */
  readonly base: string;
  readonly bases: Bases;
  readonly pid: number;
  /** Of the main thread's objects, after a garbage collection. */
  heapMiB(): Promise<number>;
}

export interface HostOptions {
  /** The folder of the repository whose host is started. */
  readonly checkout: string;
  readonly dataDir: string;
  /** Where its log goes. */
  readonly log: string;
  /** Beside rate limits that nobody reaches; they are to be settings that the checkout knows. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  /** A folder for a CPU profile of each of its threads. */
  readonly cpuProfile?: string | undefined;
}

/** The checkout that this file is of. */
export const HERE = fileURLToPath(new URL('../../..', import.meta.url));

/** Of the log, for who wants to know why a host ended. */
const LAST_LINES = 20;

/** Those of Node.js with which `npm start` of that version starts it. */
function nodeOptionsOf(checkout: string): string[] {
  const file = join(checkout, 'package.json');
  // A folder that is no checkout is told by its launcher.
  if (!existsSync(file)) return [];
  const { scripts } = JSON.parse(readFileSync(file, 'utf8')) as { scripts: { start: string } };
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

const LAUNCHER = fileURLToPath(new URL('launcher.ts', import.meta.url));

/** @throws an error with the end of the log where the host does not start */
export async function startHostOf({
  checkout,
  dataDir,
  log,
  settings = {},
  cpuProfile,
}: HostOptions): Promise<RunningHost> {
  // Standard error is a file, as where a supervisor keeps the log: a pipe would be read by someone's event loop.
  const descriptor = openSync(log, 'a');
  const child = fork(LAUNCHER, [checkout, dataDir, JSON.stringify(settings)], {
    cwd: checkout,
    // As `npm start` has it, from the second start on; in the folder of the checkout, which may be another version's.
    env: { ...process.env, NODE_COMPILE_CACHE: join(checkout, '.trainyard', 'compiled') },
    stdio: ['ignore', descriptor, descriptor, 'ipc'],
    execArgv: [
      ...nodeOptionsOf(checkout),
      ...(cpuProfile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${cpuProfile}`]),
    ],
  });
  closeSync(descriptor);
  const gone = once(child, 'exit').then(([code, signal]): never => {
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-LAST_LINES);
    throw new Error(`the host of ${checkout} ended with ${code ?? signal}:\n${lines.join('\n')}`);
  });
  gone.catch(() => {});
  const answer = async <M extends HostMessage>(): Promise<M> => (await Promise.race([once(child, 'message'), gone]))[0];
  const { bases } = await answer<{ bases: Bases }>();
  return {
    base: bases.platform,
    bases,
    pid: child.pid!,
    heapMiB: async () => {
      child.send('heap' satisfies HostQuestion);
      return (await answer<{ heapMiB: number }>()).heapMiB;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.connected) child.send('stop' satisfies HostQuestion);
      await gone.catch(() => {});
    },
  };
}

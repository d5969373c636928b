import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { VirtualEnvironmentError, virtualEnvironment } from '../../bin/virtual-environment.ts';

/** A server in Python: `NAME_app.py FOLDER …` prints one line of JSON once it listens, and ends with its input. */
export interface PythonServer {
  /** For messages. */
  readonly title: string;
  /** Of its files: `NAME_app.py`, `NAME-requirements.txt`. */
  readonly name: string;
  readonly args: readonly string[];
}

/** What such a program says once it listens. */
export interface Listening {
  readonly base: string;
  readonly versions: Readonly<Record<string, string>>;
}

export interface Started<Said extends Listening> extends AsyncDisposable {
  readonly said: Said;
  /** Of the program. */
  readonly pid: number;
}

/**
 * Starts it in a process of its own, on a new folder. Its packages are installed under `.trainyard/bench-NAME` if they are
 * missing or the requirements have changed. Undefined, with a line on standard error, where there is no Python or no way
 * to install.
 */
export async function startPythonServer<Said extends Listening>({
  title,
  name,
  args,
}: PythonServer): Promise<Started<Said> | undefined> {
  const fileOf = (file: string) => fileURLToPath(new URL(file, import.meta.url));
  let programs: string;
  try {
    programs = virtualEnvironment(join('.trainyard', `bench-${name}`), fileOf(`${name}-requirements.txt`));
  } catch (error) {
    if (!(error instanceof VirtualEnvironmentError)) throw error;
    process.stderr.write(`measured without ${title}: ${error.message}\n`);
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
  const log = openSync(join(folder, 'peer.log'), 'a');
  const command = [fileOf(`${name}_app.py`), folder, ...args];
  const child = spawn(join(programs, 'python'), command, { stdio: ['pipe', 'pipe', log] });
  closeSync(log);
  const exited = once(child, 'exit');
  const { value, done } = await createInterface({ input: child.stdout! })[Symbol.asyncIterator]().next();
  if (done) throw new Error(`${title} did not start; its log is in ${folder}`);
  const said: Said = JSON.parse(value);
  const { node, sqlite } = process.versions;
  process.stderr.write(`ours: ${show({ node, sqlite })}; ${title}: ${show(said.versions)}\n`);
  return {
    said,
    pid: child.pid!,
    [Symbol.asyncDispose]: async () => {
      child.stdin!.end();
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const show = (versions: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(versions)
    .map((pair) => pair.join(' '))
    .join(', ');

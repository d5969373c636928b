import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { VirtualEnvironmentError, virtualEnvironment } from '../../bin/virtual-environment.ts';

const REQUIREMENTS = fileURLToPath(new URL('fastapi-requirements.txt', import.meta.url));
const SCRIPT = fileURLToPath(new URL('fastapi_app.py', import.meta.url));
const ENVIRONMENT = join('.trainyard', 'bench-fastapi');

/** What `fastapi_app.py` says once it listens. */
interface Ready {
  readonly base: string;
  readonly username: string;
  readonly password: string;
  readonly job_id: string;
  readonly versions: Readonly<Record<string, string>>;
}

export interface FastApi extends AsyncDisposable {
  readonly base: string;
  readonly pid: number;
  readonly account: { readonly username: string; readonly password: string; readonly jobId: string };
}

/**
 * FastAPI in a process of its own, on a new database with an account of so many models. Installed under
 * `.trainyard/bench-fastapi` if it is missing or its requirements have changed. Undefined, with a line on standard error,
 * where there is no Python or no way to install.
 */
export async function startFastApi(models: number): Promise<FastApi | undefined> {
  let programs: string;
  try {
    programs = virtualEnvironment(ENVIRONMENT, REQUIREMENTS);
  } catch (error) {
    if (!(error instanceof VirtualEnvironmentError)) throw error;
    process.stderr.write(`measured without FastAPI: ${error.message}\n`);
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
  const log = openSync(join(folder, 'peer.log'), 'a');
  const child = spawn(join(programs, 'python'), [SCRIPT, folder, String(models)], { stdio: ['pipe', 'pipe', log] });
  closeSync(log);
  const exited = once(child, 'exit');
  const { value, done } = await createInterface({ input: child.stdout! })[Symbol.asyncIterator]().next();
  if (done) throw new Error(`FastAPI did not start; its log is in ${folder}`);
  const { base, username, password, job_id: jobId, versions }: Ready = JSON.parse(value);
  const { node, sqlite } = process.versions;
  process.stderr.write(`ours: ${show({ node, sqlite })}; FastAPI: ${show(versions)}\n`);
  return {
    base,
    pid: child.pid!,
    account: { username, password, jobId },
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

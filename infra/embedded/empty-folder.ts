/**
 * Native code resolves relative names against the working directory of the process. That of a host is an empty folder of
 * its own, so that such a name finds nothing, and nothing of whoever started the host.
 */
import { mkdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';

/** Nobody may write there; the superuser still can. */
const MODE = 0o500;

/** Makes the folder, or empties it, and moves the process into it, and with it the trainers that it starts. */
export async function moveInto(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: MODE });
  process.chdir(folder);
}

const FOLDERS = ['TMPDIR', 'TMP', 'TEMP'] as const;

/**
 * What the environment may name relative to where the host was started, and is only looked at later: to be called before
 * the process moves, or hands it on. The options of the command line are absolute by then.
 */
export function keepRelativeNames(environment: NodeJS.ProcessEnv): void {
  for (const name of FOLDERS) {
    const given = environment[name];
    if (given) environment[name] = resolve(given);
  }
}

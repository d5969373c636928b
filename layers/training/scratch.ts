import { access, constants, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from './log.ts';

/** A folder of a training's own, which goes when the training ends. */
export interface ScratchFolder extends AsyncDisposable {
  readonly folder: string;
}

/**
 * What an earlier trainer of the job left, which was killed, goes first. A folder of its own keeps apart from one that
 * does not know yet that it is to end.
 * @param disk a folder on a disk that has room for the data, parsed and encoded
 */
export async function openScratch(disk: string, jobId: string): Promise<ScratchFolder> {
  const ofJob = join(disk, `trainyard-${jobId}`);
  const remove = () => rm(ofJob, { recursive: true, force: true });
  await remove();
  await mkdir(ofJob, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(ofJob, 'run-'));
  return { folder, [Symbol.asyncDispose]: remove };
}

/** The wanted folder, or the other one where it cannot be written: most data never need a disk. */
export async function writableFolder(wanted: string | undefined, other: string, log: Log): Promise<string> {
  if (wanted === undefined) return other;
  try {
    await access(wanted, constants.W_OK);
    return wanted;
  } catch (error) {
    log('WARN', `${wanted} cannot be written; ${other} is used for data that memory does not hold`, {
      error: error instanceof Error ? error.message : String(error),
    });
    return other;
  }
}

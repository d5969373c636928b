import { access, constants, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from './log.ts';

/** A temporary folder of one training, removed when the training ends. */
export interface ScratchFolder extends AsyncDisposable {
  readonly folder: string;
}

/**
 * First removes what killed trainers of the job left. The random name keeps it apart from an earlier trainer that has
 * not noticed yet that it must exit.
 * @param disk a folder on a disk that has room for the parsed and encoded data
 */
export async function openScratch(disk: string, jobId: string): Promise<ScratchFolder> {
  const ofJob = join(disk, `trainyard-${jobId}`);
  const remove = () => rm(ofJob, { recursive: true, force: true });
  await remove();
  await mkdir(ofJob, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(ofJob, 'run-'));
  return { folder, [Symbol.asyncDispose]: remove };
}

/** The wanted folder, or `other` if that cannot be written: most data never need a disk. */
export async function writableFolder(wanted: string | undefined, other: string, log: Log): Promise<string> {
  if (wanted === undefined) return other;
  try {
    await access(wanted, constants.W_OK);
    return wanted;
  } catch (error) {
    log('WARN', `${wanted} cannot be written; ${other} is used for data that do not fit into memory`, {
      error: error instanceof Error ? error.message : String(error),
    });
    return other;
  }
}

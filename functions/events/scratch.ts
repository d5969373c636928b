/** A folder of its own for files that must lie on a disk. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

export async function openScratch(parent: string): Promise<{ readonly folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(parent, 'trainyard-reading-'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

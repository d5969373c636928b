import { randomUUID } from 'node:crypto';
import { link, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../folder.ts';

/**
 * The bytes of a key file, made by `create` if it is absent, unless `create` throws. Processes that race to create it all
 * get the same bytes: each writes a file of its own and links it to the name, which succeeds only once.
 */
export async function keyFile(dir: string, name: string, create: () => Uint8Array): Promise<Buffer> {
  const path = join(dir, name);
  const existing = await readIfExists(path);
  if (existing !== undefined) return existing;
  const bytes = create();
  const draft = join(dir, `.${name}.${randomUUID()}`);
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
  await syncFolder(dir);
  return readFile(path);
}

async function readIfExists(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

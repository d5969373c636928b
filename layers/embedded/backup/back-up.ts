/**
 * Copies a data folder, also while a host serves it. Files of the store are written once under names that are never used
 * again, and only a row of the database makes one visible. So the database is copied first, at one moment, and then the
 * files that this copy names:
 *
 *     database, at one moment ── files that it names ── (some deleted meanwhile: from the beginning) ── manifest
 *
 * What an earlier copy in the same place has is not copied again. The manifest is written last: without it there is no
 * backup.
 */
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { UnavailableError } from '#domain/errors.ts';
import { isoTime } from '#domain/times.ts';
import { referencedContents } from '../blobs/rows.ts';
import { Database } from '../database.ts';
import { FolderUnusableError, folderPaths, openFolder } from '../folder.ts';
import { type Copied, contentPath, copyFile, DATABASES, type FolderManifest, MANIFEST, manifest } from './manifest.ts';

export interface FolderBackup {
  readonly files: number;
  readonly bytes: number;
  /** Those that an earlier backup did not have. */
  readonly copied: number;
}

/** How often to begin again while files are being deleted. */
const TRIES = 5;

/** Throws `FolderUnusableError`, and `UnavailableError` if too much is deleted at the same time. */
export async function backUpFolder(dir: string, target: string, now: () => number): Promise<FolderBackup> {
  if (!(await exists(folderPaths(dir).database))) throw new FolderUnusableError(dir, 'it is no data folder');
  await openFolder(target);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const done = await attempt(dir, target, now);
    if (done) return done;
  }
  throw new UnavailableError(
    'Files were deleted each time while they were being copied; try again when less is deleted',
  );
}

async function attempt(dir: string, target: string, now: () => number): Promise<FolderBackup | undefined> {
  const before = await readManifest(target);
  const files: Record<string, Copied> = {};
  for (const name of DATABASES) {
    const snapshot = join(target, `${name}.new`);
    await rm(snapshot, { force: true });
    snapshotOf(join(dir, name), snapshot);
  }
  const wanted = namesIn(join(target, `${DATABASES[0]}.new`));
  let copied = 0;
  for (const name of wanted) {
    const path = contentPath(name);
    const known = before?.files[path];
    if (known && (await sizeOf(join(target, path))) === known.size) {
      files[path] = known;
      continue;
    }
    try {
      files[path] = await copyFile(join(dir, path), join(target, path));
      copied += 1;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
  for (const name of await readdir(folderPaths(dir).keys)) {
    const path = join('keys', name);
    files[path] = await copyFile(join(dir, path), join(target, path));
  }
  // From here on an earlier backup in this place is gone, until the manifest is there.
  await rm(join(target, MANIFEST), { force: true });
  for (const name of DATABASES) {
    files[name] = await copyFile(join(target, `${name}.new`), join(target, name));
    await rm(join(target, `${name}.new`));
  }
  const content: FolderManifest = { version: 1, created_at: isoTime(now()), files };
  await writeFile(join(target, `${MANIFEST}.new`), JSON.stringify(content), { mode: 0o600, flush: true });
  await rename(join(target, `${MANIFEST}.new`), join(target, MANIFEST));
  await removeOthers(target, new Set(wanted));
  const bytes = Object.values(files).reduce((sum, { size }) => sum + size, 0);
  return { files: Object.keys(files).length, bytes, copied };
}

/** A copy of a database as it was at one moment, whoever writes to it. */
function snapshotOf(from: string, to: string): void {
  const database = new DatabaseSync(from, { readOnly: true, timeout: 10_000 });
  try {
    database.prepare('VACUUM INTO ?').run(to);
  } finally {
    database.close();
  }
}

function namesIn(path: string): readonly string[] {
  const database = new Database(path);
  try {
    return [...referencedContents(database)];
  } finally {
    database.close();
  }
}

/** What backups before this one had. */
async function removeOthers(target: string, wanted: ReadonlySet<string>): Promise<void> {
  const { blobs } = folderPaths(target);
  for (const shard of await readdir(blobs)) {
    for (const name of await readdir(join(blobs, shard))) if (!wanted.has(name)) await rm(join(blobs, shard, name));
  }
}

async function readManifest(target: string): Promise<FolderManifest | undefined> {
  try {
    return manifest.parse(JSON.parse(await readFile(join(target, MANIFEST), 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const exists = async (path: string): Promise<boolean> => (await sizeOf(path)) !== undefined;

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes a data folder of a backup of one. Every file is compared with the manifest before any is in its place; the database comes last. */
import { readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { InternalError } from '#domain/errors.ts';
import { FolderUnusableError, openFolder, syncFolder } from '../folder.ts';
import { copyFile, DATABASES, type FolderManifest, MANIFEST, manifest } from './manifest.ts';

export interface FolderRestored {
  readonly files: number;
  readonly bytes: number;
  readonly created_at: string;
}

/** The backup cannot be restored; the message is one line that names it and the reason. */
export class BackupUnusableError extends InternalError {
  constructor(source: string, why: string) {
    super(`cannot restore the backup ${source}: ${why}`);
  }
}

/**
 * Throws `FolderUnusableError` unless the folder is empty or missing, and `BackupUnusableError` unless the backup is complete
 * and unchanged: then nothing of it is in the folder. Files are moved into their places once all of them are known to be
 * right. They wait below the folder and not beside it, as it may be a disk of its own.
 */
export async function restoreFolder(source: string, dir: string): Promise<FolderRestored> {
  const { files, created_at } = await readBackup(source);
  const made = await stat(dir).then(
    () => false,
    () => true,
  );
  await openFolder(dir);
  const waiting = join(dir, WAITING);
  await rm(waiting, { recursive: true, force: true });
  const there = (await readdir(dir, { recursive: true })).filter((name) => !MADE.includes(name));
  if (there.length > 0) throw new FolderUnusableError(dir, 'it must be empty to restore into it');
  const names = Object.keys(files);
  try {
    for (const name of names) await restoreFile(source, waiting, name, files[name]!);
    for (const name of DATABASES) expectWhole(source, waiting, name);
  } catch (error) {
    for (const name of [WAITING, ...MADE]) await rm(join(dir, name), { recursive: true, force: true });
    if (made) await rmdir(dir);
    throw error;
  }
  const last = new Set<string>(DATABASES);
  const entries = (await readdir(waiting)).sort((a, b) => Number(last.has(a)) - Number(last.has(b)));
  for (const name of entries) {
    // Of the folders that opening it makes; others than empty ones are refused above.
    if (MADE.includes(name)) await rmdir(join(dir, name));
    await rename(join(waiting, name), join(dir, name));
  }
  await rmdir(waiting);
  await syncFolder(dir);
  const bytes = Object.values(files).reduce((sum, { size }) => sum + size, 0);
  return { files: names.length, bytes, created_at };
}

/** Folders that opening it makes. */
const MADE: readonly string[] = ['blobs', 'keys'];
/** Where files are until all are there. A hidden name does not mark the folder as someone else's. */
const WAITING = '.restoring';

async function readBackup(source: string): Promise<FolderManifest> {
  let text: string;
  try {
    text = await readFile(join(source, MANIFEST), 'utf8');
  } catch {
    throw new BackupUnusableError(source, `it is no complete backup: it has no ${MANIFEST}`);
  }
  try {
    return manifest.parse(JSON.parse(text));
  } catch {
    throw new BackupUnusableError(source, `its ${MANIFEST} is damaged or of another version`);
  }
}

async function restoreFile(
  source: string,
  dir: string,
  name: string,
  wanted: FolderManifest['files'][string],
): Promise<void> {
  const parts = name.split(sep);
  if (isAbsolute(name) || parts.includes('..')) throw new BackupUnusableError(source, `${name} leads out of it`);
  let why: string | undefined;
  try {
    const { size, sha256 } = await copyFile(join(source, name), join(dir, name));
    if (size !== wanted.size || sha256 !== wanted.sha256) why = 'was changed';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    why = 'is missing';
  }
  if (why !== undefined) throw new BackupUnusableError(source, `${name} ${why}`);
}

function expectWhole(source: string, dir: string, name: string): void {
  const database = new DatabaseSync(join(dir, name), { readOnly: true });
  try {
    const { integrity_check: found } = database.prepare('PRAGMA integrity_check').get() as { integrity_check: string };
    if (found !== 'ok') throw new BackupUnusableError(source, `${name} is damaged: ${found}`);
  } finally {
    database.close();
  }
}

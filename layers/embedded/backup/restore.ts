/** Makes a data folder of a backup of one. Every file is compared with the manifest; the database comes last. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { FolderUnusableError, openFolder } from '../folder.ts';
import { copyFile, DATABASES, type FolderManifest, MANIFEST, manifest } from './manifest.ts';

export interface FolderRestored {
  readonly files: number;
  readonly bytes: number;
  readonly created_at: string;
}

/** Throws `FolderUnusableError`: the folder must be empty or missing, and the backup complete and unchanged. */
export async function restoreFolder(source: string, dir: string): Promise<FolderRestored> {
  const { files, created_at } = await readBackup(source);
  await openFolder(dir);
  const there = (await readdir(dir, { recursive: true })).filter((name) => !MADE.includes(name));
  if (there.length > 0) throw new FolderUnusableError(dir, 'it must be empty to restore into it');
  const last = new Set<string>(DATABASES);
  const names = Object.keys(files).sort((a, b) => Number(last.has(a)) - Number(last.has(b)));
  for (const name of names) await restoreFile(source, dir, name, files[name]!);
  for (const name of DATABASES) expectWhole(dir, name);
  const bytes = Object.values(files).reduce((sum, { size }) => sum + size, 0);
  return { files: names.length, bytes, created_at };
}

/** Folders that opening it makes. */
const MADE: readonly string[] = ['blobs', 'keys'];

async function readBackup(source: string): Promise<FolderManifest> {
  let text: string;
  try {
    text = await readFile(join(source, MANIFEST), 'utf8');
  } catch {
    throw new FolderUnusableError(source, `it is no complete backup: it has no ${MANIFEST}`);
  }
  try {
    return manifest.parse(JSON.parse(text));
  } catch {
    throw new FolderUnusableError(source, `its ${MANIFEST} is damaged or of another version`);
  }
}

async function restoreFile(
  source: string,
  dir: string,
  name: string,
  wanted: FolderManifest['files'][string],
): Promise<void> {
  const parts = name.split(sep);
  if (isAbsolute(name) || parts.includes('..')) throw new FolderUnusableError(source, `${name} leads out of it`);
  let why: string | undefined;
  try {
    const { size, sha256 } = await copyFile(join(source, name), join(dir, name));
    if (size !== wanted.size || sha256 !== wanted.sha256) why = 'was changed';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    why = 'is missing';
  }
  if (why === undefined) return;
  await rm(join(dir, name), { force: true });
  throw new FolderUnusableError(source, `${name} ${why}`);
}

function expectWhole(dir: string, name: string): void {
  const database = new DatabaseSync(join(dir, name), { readOnly: true });
  try {
    const { integrity_check: found } = database.prepare('PRAGMA integrity_check').get() as { integrity_check: string };
    if (found !== 'ok') throw new FolderUnusableError(dir, `${name} is damaged: ${found}`);
  } finally {
    database.close();
  }
}

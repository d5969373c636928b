import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { ConflictError } from '#domain/errors.ts';
import { folderPaths, unusable } from './folder.ts';

/** Another host serves this folder. */
export class FolderInUseError extends ConflictError {
  readonly dir: string;
  /** The process that serves it, if known. */
  readonly pid: number | undefined;
  constructor(dir: string, pid: number | undefined) {
    super(`the data folder ${dir} is in use by another host${pid === undefined ? '' : ` (process ${pid})`}`);
    this.dir = dir;
    this.pid = pid;
  }
}

/** The locks of this process, referenced here because a garbage-collected database is closed and so unlocked. */
const locks = new Set<DatabaseSync>();

/**
 * Makes this process the folder's one host until the returned function is called or the process ends, in whatever way:
 * the lock is SQLite's exclusive lock on a separate file, which the operating system releases when the process dies.
 * Throws `FolderInUseError`.
 */
export function lockFolder(dir: string): () => void {
  const { lock, holder } = folderPaths(dir);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(lock, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (/locked/.test((error as Error).message)) throw new FolderInUseError(dir, readHolder(holder));
    throw unusable(dir, error);
  }
  const locked = database;
  locks.add(locked);
  // Only for the error message of a second host; the lock does not depend on it.
  try {
    writeFileSync(holder, JSON.stringify({ pid: process.pid }), { mode: 0o600 });
  } catch (error) {
    locks.delete(locked);
    locked.close();
    throw unusable(dir, error);
  }
  return () => {
    if (locks.delete(locked)) locked.close();
  };
}

function readHolder(path: string): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(path, 'utf8')) as { pid?: unknown };
    return typeof pid === 'number' ? pid : undefined;
  } catch {
    return undefined;
  }
}

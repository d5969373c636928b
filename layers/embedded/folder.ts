import { access, chmod, constants, mkdir, open, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConflictError, InternalError } from '#domain/errors.ts';

/** The data folder cannot be used; the message is one line that names the folder and the reason. */
export class FolderUnusableError extends InternalError {
  constructor(dir: string, why: string, as = 'the data folder') {
    super(`cannot use ${dir} as ${as}: ${why}`);
  }
}

/** The files and folders of a data folder. */
export const folderPaths = (dir: string) => ({
  database: join(dir, 'trainyard.db'),
  counters: join(dir, 'counters.db'),
  blobs: join(dir, 'blobs'),
  keys: join(dir, 'keys'),
  lock: join(dir, 'host.lock'),
  holder: join(dir, 'host.json'),
  /** Its name is hidden, so that it does not mark the folder as someone else's. */
  reserve: join(dir, '.reserve'),
});

/** A folder with any of these is a data folder. */
const OURS = ['trainyard.db', 'host.lock', 'keys'];

/**
 * Creates the data folder, or opens one that is empty or ours, and makes it private (mode 0700). A folder with other
 * files is refused: changing its mode could lock out its owner. Throws `FolderUnusableError`.
 */
export async function openFolder(dir: string): Promise<void> {
  try {
    await makeFolder(dir);
    const names = (await readdir(dir)).filter((name) => !name.startsWith('.') && name !== 'lost+found');
    if (names.length > 0 && !names.some((name) => OURS.includes(name))) {
      throw new FolderUnusableError(dir, 'it holds other files');
    }
    if (((await stat(dir)).mode & 0o777) !== 0o700) await chmod(dir, 0o700);
    const { blobs, keys } = folderPaths(dir);
    await mkdir(blobs, { recursive: true, mode: 0o700 });
    await mkdir(keys, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (error instanceof FolderUnusableError) throw error;
    throw unusable(dir, error);
  }
}

/** Creates a folder unless it is there. Throws `FolderUnusableError` if nothing can be written into it. */
export async function openCopies(dir: string): Promise<void> {
  try {
    await makeFolder(dir);
    await access(dir, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new FolderUnusableError(dir, WHY[code ?? ''] ?? message, 'the folder of copies of backups');
  }
}

/** An error that names the folder, and says of a full disk that it is. Our own errors stay what they are. */
export function unusable(dir: string, error: unknown): Error {
  if (error instanceof FolderUnusableError || error instanceof ConflictError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const why = WHY[code ?? ''] ?? message;
  return new FolderUnusableError(dir, code === 'ENOSPC' || /disk is full/.test(message) ? WHY.ENOSPC! : why);
}

/**
 * Creates a folder and its parents. Not `mkdir` with `recursive`: below a folder that refuses with ENOENT, such as
 * /proc, Node.js retries for ever.
 */
async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(dir)).isDirectory()) return;
    if (code !== 'ENOENT' || (await isFolder(dirname(dir)))) throw error;
    await makeFolder(dirname(dir));
    await mkdir(dir, { mode: 0o700 });
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

const WHY: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'it is not a folder',
  EEXIST: 'it is not a folder',
  ENOENT: 'it cannot be created',
  ENOSPC: 'no space is left on its disk; free some, or choose another folder with --data',
};

/** Makes the entries of a folder durable. */
export async function syncFolder(dir: string): Promise<void> {
  // Windows neither supports nor needs it.
  if (process.platform === 'win32') return;
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A folder of this machine with repositories as a hub has them: `owner/name/config.json` and so on. */
import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { type Hub, HubError, type HubFile } from './hub.ts';

export interface RepositoryFolder extends Hub {
  has(repository: string): Promise<boolean>;
}

/** @param root chosen by whoever runs this machine. Links within it are followed, others are refused. */
export function openRepositoryFolder(root: string): RepositoryFolder {
  const within = async (...path: readonly string[]): Promise<string> => {
    const [base, found] = [await realpath(root), await realpath(join(root, ...path))];
    if (found.startsWith(base + sep)) return found;
    throw new HubError('FOLDER_NOT_READ', `${path.join('/')} of the folder of encoders must not lead out of it`);
  };
  return {
    has: (repository) =>
      translated(async () => {
        try {
          return (await stat(await within(repository))).isDirectory();
        } catch (error) {
          if (MISSING.includes(codeOf(error) ?? '')) return false;
          throw error;
        }
      }),

    files: (repository) =>
      translated(async () => {
        const entries = await readdir(await within(repository), { withFileTypes: true });
        const found: HubFile[] = [];
        for (const { name } of entries.filter((entry) => !entry.isDirectory())) {
          const about = await stat(await within(repository, name));
          if (about.isFile()) found.push({ path: name, size: about.size });
        }
        return found;
      }),

    async *read(repository, { path, size }, start = 0) {
      let received = start;
      try {
        for await (const chunk of createReadStream(await within(repository, path), { start })) {
          received += chunk.length;
          yield chunk;
        }
      } catch (error) {
        throw hubErrorOf(error);
      }
      if (received === size) return;
      throw new HubError(
        'FILE_INCOMPLETE',
        `${path} of ${repository} must have ${size} bytes; the folder of encoders has ${received}`,
      );
    },
  };
}

async function translated<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw hubErrorOf(error);
  }
}

const MISSING = ['ENOENT', 'ENOTDIR'];

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined;

/** Its path is not for everyone who asks for the status. */
function hubErrorOf(error: unknown): unknown {
  if (error instanceof HubError) return error;
  const code = codeOf(error);
  if (code === undefined) return error;
  return new HubError('FOLDER_NOT_READ', `the folder of encoders cannot be read: ${code}`, { cause: error });
}

/** What a copy of a data folder consists of: the databases, the keys, and every file by its SHA-256. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';

export const MANIFEST = 'backup.json';
export const DATABASES = ['trainyard.db', 'counters.db'] as const;

const copied = z.object({ size: z.int(), sha256: z.string() });
export type Copied = z.infer<typeof copied>;

export const manifest = z.object({
  version: z.literal(1),
  created_at: z.string(),
  /** By their path below the folder. */
  files: z.record(z.string(), copied),
});
export type FolderManifest = z.infer<typeof manifest>;

/** Contents are sharded as in a data folder. */
export const contentPath = (name: string): string => join('blobs', name.slice(0, 2), name);

/** A copy of a file that is on the disk when it resolves. Rejects with ENOENT if there is none. */
export async function copyFile(from: string, to: string): Promise<Copied> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  const hash = createHash('sha256');
  let size = 0;
  const source = await open(from, 'r');
  try {
    await pipeline(
      createReadStream('', { fd: source, autoClose: false }),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          size += chunk.length;
          yield chunk;
        }
      },
      createWriteStream(to, { mode: 0o600, flush: true }),
    );
  } finally {
    await source.close();
  }
  return { size, sha256: hash.digest('hex') };
}

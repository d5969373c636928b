/** The files of an encoder in a folder. */
import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EncoderFiles } from '#learning/encoder/open.ts';

export const folderFiles = (folder: string, read: (path: string) => Promise<Uint8Array>): EncoderFiles => ({
  name: 'the folder',
  identity: folder,
  has: (file) => existsSync(join(folder, file)),
  read: (file) => read(join(folder, file)),
  async open(file) {
    const path = join(folder, file);
    return {
      size: (await stat(path)).size,
      async read(start, end) {
        await using handle = await open(path);
        const bytes = new Uint8Array(end - start);
        await handle.read(bytes, 0, bytes.length, start);
        return bytes;
      },
    };
  },
});

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Flips a bit of the stored file with these bytes, as a failing disk does. */
export function flipBit(dataDir: string, bytes: Uint8Array, at = Math.floor(bytes.length / 2)): void {
  const path = findContent(dataDir, bytes);
  const changed = readFileSync(path);
  changed[at]! ^= 1;
  writeFileSync(path, changed);
}

/** Cuts the stored file with these bytes short. */
export function cutShort(dataDir: string, bytes: Uint8Array, length: number): void {
  writeFileSync(findContent(dataDir, bytes), bytes.subarray(0, length));
}

function findContent(dataDir: string, bytes: Uint8Array): string {
  const names = readdirSync(join(dataDir, 'blobs'), { recursive: true, encoding: 'utf8' });
  for (const name of names) {
    const path = join(dataDir, 'blobs', name);
    const found = statSync(path);
    if (found.isFile() && found.size === bytes.length && readFileSync(path).equals(bytes)) return path;
  }
  throw new Error('there is no such file');
}

/** A small file system of its own, to fill. Only root may mount one, on Linux. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface SmallDisk {
  readonly dir: string;
  /** Writes until there is no space left. */
  fill(): void;
  /** Frees what `fill` took. */
  free(): void;
  unmount(): void;
}

const CHUNK = Buffer.alloc(65_536);

/** Mounts a file system of so many bytes on an empty folder. `undefined` where that is not permitted. */
export function mountSmallDisk(dir: string, bytes: number): SmallDisk | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', dir], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const filler = join(dir, '.filler');
  return {
    dir,
    fill() {
      const file = openSync(filler, 'a');
      try {
        for (let size = CHUNK.length; size >= 1; ) {
          try {
            if (writeSync(file, CHUNK, 0, size) === 0) break;
          } catch {
            size = Math.floor(size / 16);
          }
        }
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filler, { force: true }),
    unmount: () => void execFileSync('umount', ['--lazy', dir]),
  };
}

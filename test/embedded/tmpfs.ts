/** A small file system of its own, to fill. Only root may mount one, on Linux. */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from '@jest/globals';

export interface SmallDisk {
  readonly dir: string;
  /** Writes until there is no space left. */
  fill(): void;
  /** Frees what `fill` took. */
  free(): void;
  unmount(): void;
}

const CHUNK = Buffer.alloc(65_536);

const mountArguments = (dir: string, bytes: number) => ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', dir];

/** Why none can be mounted here; `undefined` where one can. */
function whyNoSmallDisk(): string | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'trainyard-tmpfs-'));
  const { error, status, stderr } = spawnSync('mount', mountArguments(dir, CHUNK.length), { encoding: 'utf8' });
  if (status === 0) unmount(dir);
  rmSync(dir, { recursive: true });
  if (status === 0) return undefined;
  return `A small file system needs Linux, and the right to mount one: ${error?.message ?? stderr.trim()}`;
}

const unmount = (dir: string): void => void execFileSync('umount', ['--lazy', dir]);

/**
 * `test` for those that need a small disk. Where there can be none, they are reported as skipped, with a line that says
 * why; with `CI=true` they fail.
 */
export function testOnSmallDisk(): (title: string, run: () => Promise<void>) => void {
  const impossible = whyNoSmallDisk();
  if (impossible === undefined) return test;
  const isRequired = process.env.CI === 'true';
  process.stderr.write(
    `\n${impossible}: full disks are ${isRequired ? 'untested, and CI requires it' : 'not tested'}\n`,
  );
  if (!isRequired) return test.skip;
  return (title) =>
    test(title, () => {
      throw new Error(impossible);
    });
}

/** Mounts a file system of so many bytes on an empty folder. */
export function mountSmallDisk(dir: string, bytes: number): SmallDisk {
  execFileSync('mount', mountArguments(dir, bytes), { stdio: 'ignore' });
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
    unmount: () => unmount(dir),
  };
}

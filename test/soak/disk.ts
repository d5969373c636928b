/** A disk of a size of its own, which can be filled. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Disk {
  readonly folder: string;
  readonly #isMounted: boolean;

  /** In memory, of so many MiB; where that cannot be mounted (without root), an ordinary folder that is never full. */
  constructor(mebibytes: number) {
    this.folder = mkdtempSync(join(tmpdir(), 'trainyard-soak-'));
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', this.folder]);
    this.#isMounted = status === 0;
  }

  get canFill(): boolean {
    return this.#isMounted;
  }

  /** Writes until nothing more fits. */
  fill(): void {
    const file = openSync(this.#filler, 'w');
    for (const size of [1024 * 1024, 4096]) {
      const piece = Buffer.alloc(size);
      try {
        for (;;) writeSync(file, piece);
      } catch {
        // Full, up to less than a piece.
      }
    }
    closeSync(file);
  }

  free(): void {
    rmSync(this.#filler, { force: true });
  }

  remove(): void {
    if (this.#isMounted) spawnSync('umount', [this.folder]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #filler(): string {
    return join(this.folder, 'filler');
  }
}

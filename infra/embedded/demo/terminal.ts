/** The demo's output: a line for each step, and a progress bar on a terminal, or progress lines elsewhere. */
import type { Writable } from 'node:stream';

const BAR = 30;
const MEBIBYTE = 1_048_576;

export class Terminal {
  readonly #out: Writable & { readonly isTTY?: boolean };
  #shown = '';

  constructor(out: Writable & { readonly isTTY?: boolean }) {
    this.#out = out;
  }

  say(line = ''): void {
    this.#out.write(`${line}\n`);
  }

  step(what: string, result = ''): void {
    this.say(`▸ ${what.padEnd(34)} ${result}`.trimEnd());
  }

  /** `percent` is 0–100. Without a terminal it prints a line only at each quarter. */
  progress(percent: number, text: string): void {
    if (this.#out.isTTY) {
      const full = Math.round((percent / 100) * BAR);
      this.#out.write(`\r  ${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${text}\x1b[K${percent >= 100 ? '\n' : ''}`);
      return;
    }
    const quarter = `${Math.floor(percent / 25) * 25} %`;
    if (quarter === this.#shown) return;
    this.#shown = quarter;
    this.say(`  ${quarter.padStart(5)}  ${text}`);
  }

  /** The progress of a transfer, in bytes. A file may have none. */
  transferred(done: number, size: number): void {
    const mebibytes = (bytes: number): string => (bytes / MEBIBYTE).toFixed(size < 10 * MEBIBYTE ? 2 : 0);
    this.progress(size === 0 ? 100 : (done / size) * 100, `${mebibytes(done)} of ${mebibytes(size)} MiB`);
  }
}

/** What the demo prints: a line for each step, and a bar that moves in place on a terminal and in lines elsewhere. */
import type { Writable } from 'node:stream';

const BAR = 30;

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

  /** `percent` 0–100. Elsewhere than on a terminal only whole quarters are worth a line. */
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
}

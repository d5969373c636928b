/**
 * What a long bench found, one line a finding in a file, from which a run that was broken off goes on. Findings by other
 * settings are dropped.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

interface Line {
  readonly settings: string;
  readonly what: string;
  readonly found: unknown;
}

export class Kept {
  readonly #file: string;
  readonly #settings: string;
  readonly #known: Map<string, unknown>;

  /** @param settings all that a finding depends on */
  constructor(file: string, settings: object) {
    this.#file = file;
    this.#settings = JSON.stringify(settings);
    const lines = linesOf(file).filter((line) => line.settings === this.#settings);
    this.#known = new Map(lines.map(({ what, found }) => [what, found]));
    mkdirSync(dirname(file), { recursive: true });
    // Without what was half written when a run ended.
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  /** How many findings are there already. */
  get size(): number {
    return this.#known.size;
  }

  /** What was found before, or else what `find` finds now. */
  async get<Found>(what: string, find: () => Promise<Found>): Promise<Found> {
    if (this.#known.has(what)) return this.#known.get(what) as Found;
    const found = await find();
    const line: Line = { settings: this.#settings, what, found };
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
    this.#known.set(what, found);
    return found;
  }

  /** Everything was found: the next run begins anew. */
  done(): void {
    rmSync(this.#file);
  }
}

function linesOf(file: string): Line[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((text) => {
      try {
        return [JSON.parse(text) as Line];
      } catch {
        return [];
      }
    });
}

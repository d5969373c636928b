import { deepFreeze } from '#domain/deep-freeze.ts';
import type { Item, Key } from '#domain/ports/table/port.ts';

/** Characters of all remembered texts; their items take a few times as much memory. */
const MAX_CHARACTERS = 4 * 1024 * 1024;
/** A longer text is rarely read twice, and would displace many others. */
const MAX_TEXT = 32 * 1024;

interface Parsed {
  readonly text: string;
  readonly item: Item;
}

/**
 * Remembers the items that were parsed last. Each is returned only for the very text that it was parsed from, and the text
 * is read from the database every time: so whoever changed the item, in this process or another, the item is current.
 */
export class ParsedItems {
  readonly #maxCharacters: number;
  readonly #parsed = new Map<string, Parsed>();
  #characters = 0;

  constructor(maxCharacters = MAX_CHARACTERS) {
    this.#maxCharacters = maxCharacters;
  }

  /** Of all texts that are remembered. */
  get characters(): number {
    return this.#characters;
  }

  /** The item of a text that was read at that key. It is frozen, because callers share it. */
  parse({ pk, sk }: Key, text: string): Item {
    // Two keys that become the same place are not confused: an item's text has its key.
    const place = `${pk}\n${sk}`;
    const known = this.#parsed.get(place);
    if (known?.text === text) return known.item;
    const item = deepFreeze(JSON.parse(text) as Item);
    if (known !== undefined) this.#forget(place, known);
    if (text.length <= MAX_TEXT) this.#remember(place, { text, item });
    return item;
  }

  #remember(place: string, parsed: Parsed): void {
    this.#parsed.set(place, parsed);
    this.#characters += parsed.text.length;
    // A map keeps its order: the first were parsed first.
    for (const [oldest, of] of this.#parsed) {
      if (this.#characters <= this.#maxCharacters) break;
      this.#forget(oldest, of);
    }
  }

  #forget(place: string, { text }: Parsed): void {
    this.#parsed.delete(place);
    this.#characters -= text.length;
  }
}

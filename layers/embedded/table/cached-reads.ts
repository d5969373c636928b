import type { Row, Version } from '../database.ts';

/** Characters of all remembered texts; what was parsed from them takes a few times as much memory. */
const MAX_CHARACTERS = 4 * 1024 * 1024;
/** A longer answer is rarely asked for twice, and would displace many others. */
const MAX_TEXT = 256 * 1024;

/** When a row expires, in epoch seconds. */
export const expiryOf = ({ expires_at }: Row): number =>
  expires_at == null ? Number.POSITIVE_INFINITY : Number(expires_at);

/** What a read found. */
export interface Found<T> {
  /** Callers share it: it must be frozen. */
  readonly value: T;
  /** Of all texts that it was made from. */
  readonly characters: number;
  /** When the first of its items expires, in epoch seconds. */
  readonly expiresAt: number;
}

interface Remembered {
  readonly value: unknown;
  readonly characters: number;
  readonly from: number;
  readonly until: number;
}

/**
 * Remembers what was read since the last change of the database, by whichever thread or process: between two changes the
 * same read has the same answer, but for items that expire. A list or a status is asked for far more often than it changes.
 */
export class CachedReads {
  readonly #version: () => Version;
  readonly #maxCharacters: number;
  readonly #remembered = new Map<string, Remembered>();
  #seen: Version = { own: -1, others: -1 };
  #characters = 0;

  /** @param version another object after every change of the database */
  constructor(version: () => Version, maxCharacters = MAX_CHARACTERS) {
    this.#version = version;
    this.#maxCharacters = maxCharacters;
  }

  /** Of all texts that are remembered. */
  get characters(): number {
    return this.#characters;
  }

  /**
   * What `read` finds, or found before.
   * @param of names the read: two reads of one name find the same at the same time
   * @param now in epoch seconds
   */
  read<T>(of: string, now: number, read: () => Found<T>): T {
    // Asked for before reading: a change meanwhile makes the next caller read again.
    this.#expectVersion(this.#version());
    const known = this.#remembered.get(of);
    // A clock that was set back may bring items back to life that had expired.
    if (known !== undefined && known.from <= now && now < known.until) return known.value as T;
    const { value, characters, expiresAt } = read();
    if (known !== undefined) this.#forget(of, known);
    if (characters <= MAX_TEXT)
      this.#remember(of, { value, characters: characters + of.length, from: now, until: expiresAt });
    return value;
  }

  #expectVersion(version: Version): void {
    if (version === this.#seen) return;
    this.#seen = version;
    this.#remembered.clear();
    this.#characters = 0;
  }

  #remember(of: string, remembered: Remembered): void {
    this.#remembered.set(of, remembered);
    this.#characters += remembered.characters;
    // A map keeps its order: the first were read first.
    for (const [oldest, { characters }] of this.#remembered) {
      if (this.#characters <= this.#maxCharacters) break;
      this.#forget(oldest, { characters });
    }
  }

  #forget(of: string, { characters }: Pick<Remembered, 'characters'>): void {
    this.#remembered.delete(of);
    this.#characters -= characters;
  }
}

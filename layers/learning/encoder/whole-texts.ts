/**
 * Texts whole, to judge a model by them as they are predicted, in pieces of which the one that is most like an attack counts, and
 * to learn from any of these pieces. Of very long ones only the beginning is kept: of all texts as many pieces at most as there is
 * room for.
 */
import { type Cut, pieceAt, pieceCount } from './cut.ts';

export interface TextPiece {
  /** The place of its text among those asked for. */
  readonly text: number;
  readonly ids: Int32Array;
}

export interface TextPieces {
  readonly pieces: readonly TextPiece[];
  /** Of a text: what is behind them was left out. Undefined if nothing was. */
  readonly mostPieces: number | undefined;
}

/** Of a text of 1 MiB, a 256th or less is judged. */
const MOST_PIECES = 1024;
/** Of memory, for the tokens of all texts. */
const MOST_TOKENS = 2 ** 26;

export class WholeTexts {
  readonly #cut: Cut;
  readonly #mostTokens: number;
  readonly #texts: Int32Array[] = [];
  #mostPieces = MOST_PIECES;
  #tokens = 0;
  #isCut = false;

  constructor(cut: Cut, mostTokens = MOST_TOKENS) {
    this.#cut = cut;
    this.#mostTokens = mostTokens;
  }

  /** @param ids the tokens of a text */
  add(ids: readonly number[]): void {
    const kept = Int32Array.from(ids.slice(0, this.#most));
    this.#isCut ||= kept.length < ids.length;
    this.#texts.push(kept);
    this.#tokens += kept.length;
    while (this.#tokens > this.#mostTokens && this.#mostPieces > 1) this.#halve();
  }

  /** How many texts there are. */
  get size(): number {
    return this.#texts.length;
  }

  /** What is kept of a text. */
  at(text: number): Int32Array {
    return this.#texts[text]!;
  }

  /** @param share which of a text's pieces, from 0 for the first to just below 1 for the last */
  pieceOf(text: number, share: number): Int32Array {
    const ids = this.at(text);
    return pieceAt(ids, Math.floor(share * pieceCount(ids.length, this.#cut)), this.#cut);
  }

  /** Of a text, that are kept. Undefined if texts are kept whole. */
  get mostPieces(): number | undefined {
    return this.#isCut ? this.#mostPieces : undefined;
  }

  /**
   * The pieces of some texts, and of no text more than leave room for the others' pieces.
   * @param most pieces in all; of each text there is one at least
   */
  of(which: Int32Array, most: number): TextPieces {
    const counts = which.map((text) => pieceCount(this.at(text).length, this.#cut));
    const total = (each: number) => counts.reduce((sum, count) => sum + Math.min(each, count), 0);
    let each = this.#mostPieces;
    while (each > 1 && total(each) > most) each = Math.floor(each / 2);
    return {
      pieces: Array.from(counts, (count, text) =>
        Array.from({ length: Math.min(each, count) }, (_, place) => ({
          text,
          ids: pieceAt(this.at(which[text]!), place, this.#cut),
        })),
      ).flat(),
      mostPieces: this.#isCut || counts.some((count) => count > each) ? each : undefined,
    };
  }

  get #most(): number {
    return this.#cut.most + (this.#mostPieces - 1) * (this.#cut.most - this.#cut.overlap);
  }

  #halve(): void {
    this.#mostPieces = Math.floor(this.#mostPieces / 2);
    this.#tokens = 0;
    for (const [i, text] of this.#texts.entries()) {
      const kept = text.length > this.#most ? text.slice(0, this.#most) : text;
      this.#isCut ||= kept.length < text.length;
      this.#texts[i] = kept;
      this.#tokens += kept.length;
    }
  }
}

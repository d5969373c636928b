/**
 * Texts whole, to judge a model by them as they are predicted: in pieces, of which the one that is most like an attack counts.
 * Of very long ones only the beginning is kept: of all texts as many pieces at most as there is room for.
 */
import { piecesOf } from './cut.ts';

export interface TextPiece {
  /** The place of its text among those asked for. */
  readonly text: number;
  readonly ids: readonly number[];
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
  /** Of a piece, and what it has in common with the one before. */
  readonly #inner: number;
  readonly #overlap: number;
  readonly #mostTokens: number;
  readonly #texts: Int32Array[] = [];
  #mostPieces = MOST_PIECES;
  #tokens = 0;
  #isCut = false;

  constructor(inner: number, overlap: number, mostTokens = MOST_TOKENS) {
    this.#inner = inner;
    this.#overlap = overlap;
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

  /**
   * The pieces of some texts, and of no text more than leave room for the others' pieces.
   * @param most pieces in all; of each text there is one at least
   */
  of(which: Int32Array, most: number): TextPieces {
    const texts = Array.from(which, (text) => piecesOf(this.#texts[text]!, this.#inner, this.#overlap));
    const count = (each: number) => texts.reduce((sum, { length }) => sum + Math.min(each, length), 0);
    let each = this.#mostPieces;
    while (each > 1 && count(each) > most) each = Math.floor(each / 2);
    const isCut = this.#isCut || texts.some(({ length }) => length > each);
    return {
      pieces: texts.flatMap((pieces, text) => pieces.slice(0, each).map((ids) => ({ text, ids: Array.from(ids) }))),
      mostPieces: isCut ? each : undefined,
    };
  }

  get #most(): number {
    return this.#inner + (this.#mostPieces - 1) * (this.#inner - this.#overlap);
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

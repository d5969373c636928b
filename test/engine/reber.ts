import { uniformStream } from '#engine/random.ts';

/** The symbols of Reber's grammar (Reber 1967). */
export const SYMBOLS = 'BTPSXVE';

/** From each place two arrows of equal probability: a symbol and the next place. Place 6 is the end. */
const ARROWS: Readonly<Record<number, readonly (readonly [string, number])[]>> = {
  1: [
    ['T', 2],
    ['P', 3],
  ],
  2: [
    ['S', 2],
    ['X', 4],
  ],
  3: [
    ['T', 3],
    ['V', 5],
  ],
  4: [
    ['X', 3],
    ['S', 6],
  ],
  5: [
    ['P', 4],
    ['V', 6],
  ],
};

export interface Sentence {
  readonly symbols: readonly number[];
  /** How many symbols could have come at each place: 1 or 2, each as likely. */
  readonly choices: readonly number[];
  /** The position of the symbol that repeats the second one. */
  readonly echo: number;
}

/**
 * A sentence of the embedded grammar (Hochreiter and Schmidhuber 1997, experiment 1): `B`, `T` or `P`, a sentence of
 * Reber's grammar, the same `T` or `P` again, `E`. Whoever predicts the last but one symbol has to have kept the second.
 */
export function sentence(uniform: () => number): Sentence {
  const kept = uniform() < 0.5 ? 'T' : 'P';
  let [text, choices] = [`B${kept}B`, [1, 2, 1]];
  for (let place = 1; place !== 6; ) {
    const [symbol, next] = ARROWS[place]![uniform() < 0.5 ? 0 : 1]!;
    text += symbol;
    choices = [...choices, 2];
    place = next;
  }
  const echo = text.length + 1;
  const symbols = [...`${text}E${kept}E`].map((symbol) => SYMBOLS.indexOf(symbol));
  return { symbols, choices: [...choices, 1, 1, 1], echo };
}

/** As many sentences as asked for, that depend on nothing but the seed. */
export function sentences(count: number, seed: number): Sentence[] {
  const uniform = uniformStream(seed, 'reber');
  return Array.from({ length: count }, () => sentence(uniform));
}

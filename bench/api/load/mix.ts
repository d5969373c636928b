/** A kind of request. */
export interface Kind {
  readonly name: string;
  /** How often it is made, beside the weights of the others. */
  readonly weight: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly token?: string;
  /** Sent as JSON. Where it has `UNIQUE` in a text, each request has another text there. */
  readonly body?: unknown;
}

export const UNIQUE = '$UNIQUE';

/** Chooses kinds by their weights. The same seed gives the same sequence. */
export function chooser<K extends Pick<Kind, 'weight'>>(kinds: readonly K[], seed: number): () => K {
  const total = kinds.reduce((sum, { weight }) => sum + weight, 0);
  const random = generator(seed);
  return () => {
    let left = random() * total;
    for (const kind of kinds) {
      left -= kind.weight;
      if (left < 0) return kind;
    }
    return kinds.at(-1)!;
  };
}

/** Numbers from 0 to below 1: Mulberry32. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Vectors for the values of categories, learned with the network (Guo and Berkhahn 2016, "Entity Embeddings of Categorical
 * Variables"):
 *
 *     x: numbers, one-hot categories | code, code      code ── row of a table ── vector
 *        └──────── as they are ───────┘ └────────────────────────────────────────┘ behind them
 */
import type { Builder, Value } from '#engine/graph.ts';
import { greater } from '#engine/ops/compare.ts';
import { add } from '#engine/ops/elementwise.ts';
import { gather } from '#engine/ops/indexing.ts';
import { concat, slice } from '#engine/ops/join.ts';
import { squeeze } from '#engine/ops/movement.ts';
import { dropout } from '#engine/ops/random.ts';
import { cast, where } from '#engine/ops/select.ts';
import type { Initializer } from '#engine/random.ts';
import type { Mode, ParameterSpec, Values } from '#engine/training/network.ts';
import { sizeOf } from '#engine/type.ts';
import type { NetworkShape } from './family.ts';

/** A category with so many values is still one-hot where nothing else is said. */
export const MOST_ONE_HOT = 50;

/** Before the name of each table. */
export const EMBEDDINGS = 'embeddings.';

const MOST_NUMBERS = 50;

/**
 * The share of codes that are taken for a value that was never seen while the network learns: what it answers to one is
 * learned too.
 */
const UNSEEN_SHARE = 0.01;

/** Small, so that at first the numbers of other features count more. */
const initializer: Initializer = (shape, uniform) =>
  Float32Array.from({ length: sizeOf(shape) }, () => (2 * uniform() - 1) * 0.05);

export interface Embedding {
  /** Of a code: one for each value, the last for one that was never seen. */
  readonly codes: number;
  /** Of a vector. */
  readonly size: number;
  readonly parameter: ParameterSpec;
}

/** Howard and Gugger 2020 (fastai) found the size by experiments. */
const sizeOfVector = (codes: number): number => Math.min(MOST_NUMBERS, Math.round(1.6 * codes ** 0.56));

export const embeddingsOf = ({ codes = [] }: NetworkShape): Embedding[] =>
  codes.map((count, i) => {
    const size = sizeOfVector(count);
    const parameter = { name: `${EMBEDDINGS}${i}.weight`, shape: [count, size], initializer, decay: true };
    return { codes: count, size, parameter };
  });

/** x with a vector in place of each code. */
export function embedded(
  b: Builder,
  parameters: Values,
  x: Value,
  embeddings: readonly Embedding[],
  mode: Mode,
): Value {
  if (embeddings.length === 0) return x;
  const width = Number(x.type.shape[1]);
  const plain = width - embeddings.length;
  const vectors = embeddings.map(({ codes, parameter: { name } }, i) =>
    b.at(name, () => {
      const column = squeeze(b, slice(b, x, 1, plain + i, plain + i + 1), [1]);
      const code = mode.training ? sometimesUnseen(b, column, codes, { ...mode, stream: name }) : column;
      return gather(b, parameters[name]!, cast(b, code, 'int64'), 0);
    }),
  );
  return concat(b, [...(plain > 0 ? [slice(b, x, 1, 0, plain)] : []), ...vectors], 1);
}

function sometimesUnseen(
  b: Builder,
  code: Value,
  codes: number,
  { seed, step, stream }: Extract<Mode, { training: true }> & { readonly stream: string },
): Value {
  // Codes begin at 0, at which it would not show whether it was dropped.
  const kept = greater(b, dropout(b, add(b, code, 1), UNSEEN_SHARE, { seed, step, stream }), 0);
  return where(b, kept, code, codes - 1);
}

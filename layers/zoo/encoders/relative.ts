/**
 * Attention by relative positions, as in DeBERTa: He et al. 2021, section 3.2. A query scores a key by content, and by what
 * each makes of their distance:
 *
 *     score(i, j) = qᵢ · kⱼ  +  qᵢ · K[bucket(i − j)]  +  kⱼ · Q[bucket(i − j)]
 *
 * K and Q are projections of a table of vectors for distances.
 */
import type { Builder, Value } from '#engine/graph.ts';
import { add, sub } from '#engine/ops/elementwise.ts';
import { gather } from '#engine/ops/indexing.ts';
import { slice } from '#engine/ops/join.ts';
import { matMul } from '#engine/ops/linalg.ts';
import { expandLike, reshape, transpose, unsqueeze } from '#engine/ops/movement.ts';
import { cumSum } from '#engine/ops/order.ts';
import { gatherElements } from '#engine/ops/scatter.ts';
import { tensorFrom } from '#engine/tensor.ts';

export interface Distances {
  /** Rows of the table: distances from −span to span − 1. */
  readonly span: number;
  /** Distances share buckets that grow with them. 0 for none. */
  readonly buckets: number;
  /** The distance at which the last bucket ends. */
  readonly most: number;
}

/**
 * The row of the table for a distance. Small distances have rows of their own; of larger ones the logarithm counts. In
 * single precision, as transformers computes it: the rounding decides at the buckets' borders.
 */
export function rowOfDistance(distance: number, { span, buckets, most }: Distances): number {
  const f = Math.fround;
  const middle = Math.floor(buckets / 2);
  let bucket = distance;
  if (buckets > 0 && most > 0 && Math.abs(distance) > middle) {
    const ratio = f(f(Math.log(f(Math.abs(distance) / middle))) / f(Math.log(f((most - 1) / middle))));
    bucket = Math.sign(distance) * f(Math.ceil(f(ratio * (middle - 1))) + middle);
  }
  return Math.max(0, Math.min(2 * span - 1, bucket + span));
}

/** [heads, distances, width]: rows of a projected table, for the distances that occur. */
export type RowsFor = (positions: Value) => Value;

/** The heads' vectors, [rows, heads, tokens, width] each. */
export interface Sides {
  readonly query: Value;
  readonly key: Value;
  /** Their scores by content, [rows, heads, tokens, tokens]. */
  readonly content: Value;
}

export interface PositionKeys {
  /** What queries score distances by: K. */
  readonly forQueries?: RowsFor | undefined;
  /** What keys score distances by: Q. */
  readonly forKeys?: RowsFor | undefined;
}

/** What positions add to the scores, [rows, heads, tokens, tokens]. Undefined without either kind of keys. */
export function positionScores(
  b: Builder,
  ids: Value,
  sides: Sides,
  keys: PositionKeys,
  d: Distances,
): Value | undefined {
  const isKnown = typeof ids.type.shape[1] === 'number';
  const parts = isKnown ? shiftedScores(b, sides, keys, d) : gatheredScores(b, ids, sides, keys, d);
  const [first, second] = parts;
  return first && second ? add(b, first, second) : first;
}

/**
 * With a length that is known in advance, nothing is gathered for each pair: each distance is scored once, and the scores
 * are shifted into place.
 *
 *     scores by distance              a b c d e         one after another without the first two,
 *     row 0 begins at c,              A B C D E         in rows that are one shorter:   c d e | A
 *     row 1 at B, row 2 at α          α β γ δ ε                                         B C D | E
 *                                                                                       α β γ | δ
 */
function shiftedScores(
  b: Builder,
  { query, key }: Sides,
  { forQueries, forKeys }: PositionKeys,
  d: Distances,
): Value[] {
  const tokens = Number(query.type.shape[2]);
  const rows = (distanceAt: (place: number) => number): Value => {
    const all = Array.from({ length: 2 * tokens - 1 }, (_, place) => rowOfDistance(distanceAt(place), d));
    return b.constant(tensorFrom('int64', [all.length], all));
  };
  const scored = (side: Value, keys: RowsFor, distanceAt: (place: number) => number) =>
    shift(b, matMul(b, side, transpose(b, keys(rows(distanceAt)))), tokens);
  return [
    ...(forQueries ? [scored(query, forQueries, (place) => tokens - 1 - place)] : []),
    ...(forKeys
      ? [
          transpose(
            b,
            scored(key, forKeys, (place) => place - (tokens - 1)),
          ),
        ]
      : []),
  ];
}

/** x [rows, heads, tokens, 2 · tokens − 1] → y with y[i, j] = x[i, j − i + tokens − 1]. */
function shift(b: Builder, x: Value, tokens: number): Value {
  if (tokens === 1) return x;
  const leading = x.type.shape.slice(0, 2);
  const shorter = 2 * tokens - 2;
  const flat = reshape(b, x, [...leading, tokens * (shorter + 1)]);
  const cut = slice(b, flat, 2, tokens - 1, tokens - 1 + tokens * shorter);
  return slice(b, reshape(b, cut, [...leading, tokens, shorter]), 3, 0, tokens);
}

/** With any length: each distance of the table is scored, and each pair gathers its own. */
function gatheredScores(
  b: Builder,
  ids: Value,
  { query, key, content }: Sides,
  { forQueries, forKeys }: PositionKeys,
  d: Distances,
): Value[] {
  const all = b.constant(
    tensorFrom(
      'int64',
      [2 * d.span],
      Array.from({ length: 2 * d.span }, (_, row) => row),
    ),
  );
  // [rows, 1, tokens, tokens]
  const counted = cumSum(b, expandLike(b, b.scalar('int64', 1), ids), 1);
  const distances = sub(b, unsqueeze(b, counted, [1, 3]), unsqueeze(b, counted, [1, 2]));
  const longest = MOST_TOKENS;
  const table = Array.from({ length: 2 * longest + 1 }, (_, i) => rowOfDistance(i - longest, d));
  const place = gather(b, b.constant(tensorFrom('int64', [table.length], table)), add(b, distances, longest));
  const scored = (side: Value, keys: RowsFor, places: Value) => {
    const scores = matMul(b, side, transpose(b, keys(all)));
    return gatherElements(b, scores, expandLike(b, places, content), 3);
  };
  return [
    ...(forQueries ? [scored(query, forQueries, place)] : []),
    ...(forKeys ? [transpose(b, scored(key, forKeys, transpose(b, place)))] : []),
  ];
}

/** Of a model that is served. */
const MOST_TOKENS = 8192;

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

/** The heads' vectors, [heads, rows, tokens, width] each. */
export interface Sides {
  readonly query: Value;
  readonly key: Value;
  /** Their scores by content, [heads, rows, tokens, tokens]. */
  readonly content: Value;
}

export interface PositionKeys {
  /** What queries score distances by: K. */
  readonly forQueries?: RowsFor | undefined;
  /** What keys score distances by: Q. */
  readonly forKeys?: RowsFor | undefined;
}

/** What positions add to the scores, [heads, rows, tokens, tokens]. Undefined without either kind of keys. */
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
 * are shifted into place. For three tokens there are two distances more than occur, one at either end, so that in lines of
 * three numbers every second one is a row of what is wanted:
 *
 *     scores by distance              · a b c d e ·         · a b │ c d e │ · ·
 *     row 0 begins at c,              · A B C D E ·         A │ B C D │ E · ·
 *     row 1 at B, row 2 at α          · α β γ δ ε ·         │ α β γ │ δ ε ·
 */
function shiftedScores(
  b: Builder,
  { query, key }: Sides,
  { forQueries, forKeys }: PositionKeys,
  d: Distances,
): Value[] {
  const tokens = Number(query.type.shape[2]);
  const rows = (distanceAt: (place: number) => number): Value => {
    const all = Array.from({ length: 2 * tokens + 1 }, (_, place) => rowOfDistance(distanceAt(place), d));
    return b.constant(tensorFrom('int64', [all.length], all));
  };
  const scored = (side: Value, keys: RowsFor, distanceAt: (place: number) => number) =>
    shift(b, scoresOf(b, side, keys(rows(distanceAt))), tokens);
  return [
    ...(forQueries ? [scored(query, forQueries, (place) => tokens - place)] : []),
    ...(forKeys
      ? [
          transpose(
            b,
            scored(key, forKeys, (place) => place - tokens),
          ),
        ]
      : []),
  ];
}

/** Each head's [rows, tokens, width] by its keys [distances, width]: [heads, rows, tokens, distances]. */
function scoresOf(b: Builder, side: Value, keys: Value): Value {
  const columns = transpose(b, keys);
  const [heads, rows, tokens, width] = side.type.shape;
  if (typeof rows !== 'number') return matMul(b, side, unsqueeze(b, columns, [1]));
  // One product for each head takes less time than one for each row, whose gradients would be added up.
  const together = reshape(b, side, [heads!, rows * Number(tokens), width!]);
  return reshape(b, matMul(b, together, columns), [heads!, rows, tokens!, keys.type.shape[1]!]);
}

/** x [heads, rows, tokens, 2 · tokens + 1] → y with y[i, j] = x[i, j − i + tokens]. */
function shift(b: Builder, x: Value, tokens: number): Value {
  const leading = x.type.shape.slice(0, 2);
  const wanted = Array.from({ length: tokens }, (_, i) => 2 * i + 1);
  const lines = reshape(b, x, [...leading, 2 * tokens + 1, tokens]);
  return gather(b, lines, b.constant(tensorFrom('int64', [tokens], wanted)), 2);
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
  // [1, rows, tokens, tokens]
  const counted = cumSum(b, expandLike(b, b.scalar('int64', 1), ids), 1);
  const distances = sub(b, unsqueeze(b, counted, [0, 3]), unsqueeze(b, counted, [0, 2]));
  const longest = MOST_TOKENS;
  const table = Array.from({ length: 2 * longest + 1 }, (_, i) => rowOfDistance(i - longest, d));
  const place = gather(b, b.constant(tensorFrom('int64', [table.length], table)), add(b, distances, longest));
  const scored = (side: Value, keys: RowsFor, places: Value) => {
    const scores = scoresOf(b, side, keys(all));
    return gatherElements(b, scores, expandLike(b, places, content), 3);
  };
  return [
    ...(forQueries ? [scored(query, forQueries, place)] : []),
    ...(forKeys ? [transpose(b, scored(key, forKeys, transpose(b, place)))] : []),
  ];
}

/** Of a model that is served. */
const MOST_TOKENS = 8192;

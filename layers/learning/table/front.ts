/** The encoder in graphs: encoded rows to features (training and serving), raw inputs to encoded rows (serving). */
import type { Builder, Value } from '#engine/graph.ts';
import { isNan } from '#engine/ops/compare.ts';
import { div, sub } from '#engine/ops/elementwise.ts';
import { gather, oneHot } from '#engine/ops/indexing.ts';
import { concat, slice } from '#engine/ops/join.ts';
import { indexOfLabel } from '#engine/ops/labels.ts';
import { squeeze } from '#engine/ops/movement.ts';
import { cast, where } from '#engine/ops/select.ts';
import { tensor, tensorFrom } from '#engine/tensor.ts';
import type { Values } from '#engine/training/network.ts';
import { type Type, type } from '#engine/type.ts';
import { BOOLEAN_WORDS } from '../values/truth.ts';
import { denseWidth, depthOf, type Encoder, numbersOf, type WordEncoding, wordsOf } from './encoder.ts';

/** The types of what `encodeRows` returns. */
export function encodedTypes(encoder: Encoder): Readonly<Record<string, Type>> {
  const words = wordsOf(encoder).length;
  return {
    ...(numbersOf(encoder).length > 0 ? { dense: type('float32', ['rows', denseWidth(encoder)]) } : {}),
    ...(words > 0 ? { codes: type('int32', ['rows', words]) } : {}),
  };
}

/**
 * From `dense` and `codes` to the network's input, float32 [rows, width]: numbers, one-hot categories, and the codes of
 * embedded ones, which float32 has exactly. Of series there are steps between the axes.
 */
export function features(b: Builder, encoder: Encoder, { dense, codes }: Values): Value {
  const words = wordsOf(encoder).map((encoding, i) => ({ encoding, code: slice(b, codes!, -1, i, i + 1) }));
  const hot = words
    .filter(({ encoding }) => !encoding.embedded)
    .map(({ encoding, code }) => oneHot(b, squeeze(b, code, [-1]), depthOf(encoding)));
  const embedded = words.filter(({ encoding }) => encoding.embedded).map(({ code }) => cast(b, code, 'float32'));
  return concat(b, [...(dense ? [dense] : []), ...hot, ...embedded], -1);
}

/** From raw inputs, one [rows, 1] per feature in the encoder's order, to `dense` and `codes`. */
export function encoded(b: Builder, encoder: Encoder, inputs: readonly Value[]): Values {
  const pairs = encoder.features.map((feature, i) => ({ feature, input: inputs[i]! }));
  const numbers = pairs.filter(({ feature }) => 'mean' in feature).map(({ input }) => input);
  const codes = pairs.flatMap(({ feature, input }) => ('words' in feature ? [codeOf(b, feature, input)] : []));
  return {
    ...(numbers.length > 0 ? { dense: denseOf(b, encoder, concat(b, numbers, -1)) } : {}),
    ...(codes.length > 0 ? { codes: concat(b, codes, -1) } : {}),
  };
}

/** From float64 [rows, numbers], with NaN for missing, to the dense part. The arithmetic is that of `encodeRows`. */
function denseOf(b: Builder, encoder: Encoder, x: Value): Value {
  const numbers = numbersOf(encoder);
  const vector = (values: readonly number[]): Value => b.constant(tensorFrom('float64', [values.length], values));
  const absent = isNan(b, x);
  const standard = div(b, sub(b, x, vector(numbers.map(({ mean }) => mean))), vector(numbers.map((n) => n.deviation)));
  const values = cast(b, where(b, absent, 0, standard), 'float32');
  const indicated = numbers.flatMap(({ missing }, i) => (missing ? [i] : []));
  if (indicated.length === 0) return values;
  const positions = tensor('int64', [indicated.length], BigInt64Array.from(indicated, BigInt));
  const indicators = gather(b, cast(b, absent, 'float32'), b.constant(positions), -1);
  return concat(b, [values, indicators], -1);
}

/** From string [rows, 1], with '' for missing, to codes int64 [rows, 1]. */
function codeOf(b: Builder, encoding: WordEncoding, input: Value): Value {
  const spellings = encoding.words.flatMap((word, code) =>
    (encoding.type === 'boolean' ? truthSpellings(word) : [word]).map((spelling) => ({ spelling, code })),
  );
  if (encoding.missing) spellings.push({ spelling: '', code: encoding.words.length });
  const place = indexOfLabel(
    b,
    input,
    spellings.map(({ spelling }) => spelling),
    spellings.length,
  );
  // Maps the position among the spellings to a code. The last entry is for words that were never seen.
  const codes = [...spellings.map(({ code }) => code), depthOf(encoding)];
  return gather(b, b.constant(tensorFrom('int64', [codes.length], codes)), place, 0);
}

/** The spellings in files and in JSON: true, True, TRUE, yes, … */
function truthSpellings(word: string): string[] {
  const side = word === 'true' ? 1 : 0;
  return BOOLEAN_WORDS.flatMap((pair) => {
    const lower = pair[side];
    const spellings = [lower, lower[0]!.toUpperCase() + lower.slice(1), lower.toUpperCase()];
    return [...new Set(spellings)];
  });
}

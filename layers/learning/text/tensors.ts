/** Texts of a request as the tensors that a model takes. */
import { Faults } from '#domain/faults.ts';
import { LIMITS } from '#domain/limits.ts';
import { type Tensors, tensor } from '#engine/tensor.ts';
import { shortened, shown } from '../csv/fault.ts';
import type { Input } from '../serving/input.ts';
import { TEXT_INPUTS } from './encoding.ts';
import { type Featurizer, type Grams, gramsOf } from './featurizer.ts';

const USUAL_NAME = 'text';

/**
 * The text of each row: the row itself, its only value, or its value by the column's name or `text`.
 * @param isMissing whether a text means "no value". Default: none does but the empty one
 * @throws ValidationError with fields such as `inputs[3]`
 */
export function textsOf(
  rows: readonly Input[],
  column = USUAL_NAME,
  isMissing: (text: string) => boolean = (text) => text.trim() === '',
): string[] {
  const faults = new Faults();
  const names = [...new Set([column, USUAL_NAME])];
  const texts = rows.map((row, i) => {
    const text = textOf(row, names);
    if (typeof text === 'string' && !isMissing(text) && Buffer.byteLength(text) <= LIMITS.text.bytes) return text;
    const got =
      text === undefined
        ? formOf(row, names)
        : typeof text === 'string'
          ? `${shown(text)}${text.trim() !== '' && isMissing(text) ? ', which means "no value" in the model\'s data' : ''}`
          : shortened(JSON.stringify(text), 60);
    faults.add(
      `inputs[${i}]`,
      `must be a text of 1 to ${LIMITS.text.bytes} bytes, alone, in a list or as ${column}; got ${got}`,
    );
    return '';
  });
  faults.throwIfAny();
  return texts;
}

/** Of a row that is no text, and has not just one value that could be it. */
function formOf(row: Input, names: readonly string[]): string {
  if (Array.isArray(row)) return `an array of ${row.length}`;
  const given = Object.keys(row);
  if (given.length === 0) return 'an empty object';
  if (given.some((name) => names.includes(name))) return `an object of ${given.length} values`;
  return `an object without ${names.map(shown).join(' or ')}`;
}

function textOf(row: Input, names: readonly string[]): unknown {
  if (typeof row === 'string') return row;
  const values = Object.entries(row);
  return values.length === 1 && (Array.isArray(row) || names.includes(values[0]![0])) ? values[0]![1] : undefined;
}

export const gramTensors = (texts: readonly string[], featurizer: Featurizer, places?: number): Tensors =>
  tensorsOf(
    texts.map((text) => gramsOf(text, featurizer)),
    places,
  );

const longest = (all: readonly Grams[]): number => Math.max(1, ...all.map(({ buckets }) => buckets.length));

/** @param places how many n-grams of a text there is room for; those that come first. Default: for all of them */
function tensorsOf(all: readonly Grams[], places = longest(all)): Tensors {
  const buckets = new Int32Array(all.length * places);
  const weights = new Float32Array(all.length * places);
  for (const [row, grams] of all.entries()) {
    buckets.set(grams.buckets.subarray(0, places), row * places);
    weights.set(grams.weights.subarray(0, places), row * places);
  }
  const shape = [all.length, places];
  return {
    [TEXT_INPUTS.buckets]: tensor('int32', shape, buckets),
    [TEXT_INPUTS.weights]: tensor('float32', shape, weights),
  };
}

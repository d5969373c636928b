/** What the outputs of a model of others are to whoever calls it. */
import { ValidationError } from '#domain/errors.ts';
import { dataType } from '#engine/onnx/proto.ts';
import { type Tensor, type Tensors, toNumbers } from '#engine/tensor.ts';
import { refused } from './inspect.ts';
import { type OwnLabel, renamed } from './label.ts';
import type { ImportedOutput, ZipMap } from './signature.ts';
import { TRIAL_ROWS } from './trial.ts';

/** How the answers are made of the model's outputs. */
export type Reading =
  | {
      readonly task: 'classification';
      /** A tensor [rows, classes]. */
      readonly scores: string;
      readonly scale: 'probabilities' | 'logits';
      /** The model's own choice; else the class of the highest score is it. */
      readonly label?: OwnLabel;
    }
  | { readonly task: 'regression'; readonly value: string };

/** What the file does not say of its outputs. */
export interface ReadingWishes {
  /** The names of the classes, in the order of the scores. */
  readonly classes?: readonly string[] | undefined;
  /** What the scores of classes are, where the model does not tell. */
  readonly scores?: 'probabilities' | 'logits' | undefined;
}

/** Rounding in float32. */
const TOLERANCE = 1e-3;

/** What is known of the model beside its outputs. */
export interface Known {
  readonly zipMap: ZipMap | undefined;
  readonly wishes: ReadingWishes;
  /** The names of so many classes, as the model's own operators have them. */
  readonly known: (count: number) => readonly string[] | undefined;
  /** What the output may be, as the graph lists it. */
  readonly valuesOf: (label: string) => readonly string[] | undefined;
  /** Whether the output is the place of a class, whatever the graph lists. */
  readonly answersPlaces: (label: string) => boolean;
}

interface Found {
  readonly reading: Reading;
  /** None of a regression. */
  readonly classes: readonly string[];
}

/**
 * @param results of the trial rows. `undefined`: the model refuses them, so that only what the file says is known
 * @throws ValidationError if no output can be served, or it is not what the caller says
 */
export function readingOf(outputs: readonly ImportedOutput[], results: Tensors | undefined, of: Known): Found {
  const { zipMap } = of;
  const columns = ({ name, columns: declared }: ImportedOutput) => {
    if (results) return columnsOf(results[name]!);
    return zipMap?.tensor === name ? zipMap.classes.length : declared;
  };
  const scores = outputs.find((one) => (zipMap ? one.name === zipMap.tensor : isNumber(one) && columns(one) > 1));
  const label = outputs.find((one) => !isNumber(one) && columns(one) === 1);
  if (scores) return classesOf({ scores, label, count: columns(scores) }, results, of);
  const value = outputs.find((one) => isNumber(one) && columns(one) === 1);
  if (value) return numbersOf(value, of);
  throw refused(
    `none of its outputs can be served (${outputs.map(({ name }) => name).join(', ') || 'no tensors'}): there must be scores [rows, classes] or numbers [rows]`,
  );
}

interface ClassOutputs {
  readonly scores: ImportedOutput;
  readonly label: ImportedOutput | undefined;
  /** Of the classes. */
  readonly count: number;
}

function classesOf(
  { scores, label, count }: ClassOutputs,
  results: Tensors | undefined,
  { zipMap, wishes, known, valuesOf, answersPlaces }: Known,
): Found {
  const listed = label && valuesOf(label.name);
  const own = [listed, zipMap?.classes].find((some) => some?.length === count) ?? known(count);
  const classes = wishes.classes ?? own ?? Array.from({ length: count }, (_, i) => `${i}`);
  if (new Set(classes).size < classes.length)
    throw ValidationError.of('classes', `must be different names; got ${classes.join(', ')}`);
  if (classes.length !== count)
    throw ValidationError.of('classes', `must have the ${count} names of the model's classes; got ${classes.length}`);
  // One function a class, as of one against all, need not add up to 1.
  const fits = zipMap || label ? areShares : areDistributions;
  const scale = wishes.scores ?? (!results || fits(results[scores.name]!) ? 'probabilities' : 'logits');
  const places = label && answersPlaces(label.name) ? classes.map((_, place) => `${place}`) : undefined;
  const answered = label && !places ? results?.[label.name] : undefined;
  const named = label && wishes.classes ? renamed(label, classes, { listed: listed ?? own, answered }) : label;
  const said = named && places ? { ...named, values: places } : named;
  return {
    reading: { task: 'classification', scores: scores.name, scale, ...(said ? { label: said } : {}) },
    classes,
  };
}

function numbersOf({ name }: ImportedOutput, { wishes }: Known): Found {
  for (const wish of ['classes', 'scores'] as const) {
    if (wishes[wish] === undefined) continue;
    throw ValidationError.of(wish, `must be left out: the model has no classes, its output ${name} is a number`);
  }
  return { reading: { task: 'regression', value: name }, classes: [] };
}

const FRACTIONS = [dataType.float32, dataType.float64, dataType.float16];
const isNumber = ({ elemType }: ImportedOutput): boolean => FRACTIONS.some((one) => one === elemType);

/** 0 where it is neither [rows] nor [rows, columns]. */
function columnsOf({ shape }: Tensor): number {
  if (shape[0] !== TRIAL_ROWS || shape.length > 2) return 0;
  return shape[1] ?? 1;
}

const areShares = (scores: Tensor): boolean => toNumbers(scores).every((value) => value >= 0 && value <= 1);

function areDistributions(scores: Tensor): boolean {
  const numbers = toNumbers(scores);
  const width = numbers.length / TRIAL_ROWS;
  const sums = Array.from({ length: TRIAL_ROWS }, (_, row) =>
    numbers.slice(row * width, (row + 1) * width).reduce((a, b) => a + b, 0),
  );
  return areShares(scores) && sums.every((sum) => Math.abs(sum - 1) < TOLERANCE);
}

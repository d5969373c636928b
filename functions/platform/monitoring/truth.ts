/** What feedback says to be true, in the words of the model, and whether it is what was predicted. */
import { type Separator, separator } from '#domain/datasets/column-format.ts';
import { ValidationError } from '#domain/errors.ts';
import type { Feedback, LoggedOutput } from '#domain/prediction-log/record.ts';
import { labelsOf } from '#learning/profile/labels.ts';
import type { Serving } from '#learning/serving/description.ts';
import { columnValues } from '#learning/values/column-values.ts';

export type Truth = NonNullable<Feedback['truth']>;

/** Classes that an error names. */
const MOST_NAMED = 20;
/** Between labels that are shown as one text. */
const BETWEEN: Separator = '|';

/** Throws `ValidationError` for a truth that cannot be compared with what the model predicts. */
export function truthOf({ task, classes }: Pick<Serving, 'task' | 'classes'>, given: Truth): Truth {
  if (task === 'regression') {
    if (typeof given === 'number') return given;
    throw refused(`must be a number, as the model predicts numbers; got ${JSON.stringify(given)}`);
  }
  if (task === 'multilabel') return labelsIn(classes, given);
  if (typeof given === 'object') throw refused(`must be one class; got ${given.length} in a list`);
  return readerOf(classes)(String(given)) ?? unknown('one of the classes', classes, String(given));
}

/** The class that is written so, if there is one. */
type ClassReader = (given: string) => string | undefined;

/** Of several labels, those of a list or of a text; they are stored in the order of the classes. */
function labelsIn(classes: readonly string[], given: Truth): string[] {
  const classOf = readerOf(classes);
  const names = typeof given === 'object' ? given : split(classOf, String(given));
  const found = new Set(names.map((name) => classOf(name) ?? unknown('labels of the model, in a list', classes, name)));
  return classes.filter((name) => found.has(name));
}

/** A text is one label, or several with any of the separators that a column may have between them. */
function split(classOf: ClassReader, text: string): readonly string[] {
  if (classOf(text) !== undefined) return [text];
  const readings = separator.options.map((one) => labelsOf(text, one));
  return readings.find((names) => names.every((name) => classOf(name) !== undefined)) ?? labelsOf(text, BETWEEN);
}

/**
 * Reads a class in its own words, or in another spelling of the same number or truth value. Of several classes that are
 * the same number, it is the one in its normal form.
 */
function readerOf(classes: readonly string[]): ClassReader {
  const own = new Set(classes);
  const forms = (['text', 'number', 'boolean'] as const).map((words) => {
    const { word } = columnValues('category', { words, missing: [] });
    return { word, same: Map.groupBy(classes, word) };
  });
  return (given) => {
    if (own.has(given)) return given;
    return forms
      .map(({ word, same }) => {
        const normal = word(given);
        const found = same.get(normal) ?? [];
        return found.length === 1 ? found[0] : found.find((name) => name === normal);
      })
      .find((name) => name !== undefined);
  };
}

function unknown(what: string, classes: readonly string[], given: string): never {
  const named = classes.slice(0, MOST_NAMED).map((name) => JSON.stringify(name));
  const more = classes.length > MOST_NAMED ? ` and ${classes.length - MOST_NAMED} more` : '';
  throw refused(`must be ${what}: ${named.join(', ')}${more}; got ${JSON.stringify(given)}`);
}

const refused = (message: string): ValidationError => ValidationError.of('truth', message);

/** A class, or several labels as one text. */
export const nameOf = (truth: Truth): string => (typeof truth === 'object' ? truth.join(BETWEEN) : String(truth));

/** Whether a truth is what was predicted: of several labels, exactly those. `undefined` where that cannot be said. */
export function isCorrect({ truth, output }: Pick<Feedback, 'truth' | 'output'>): boolean | undefined {
  if (truth === undefined || output === undefined || !('class' in output)) return undefined;
  if (typeof truth !== 'object') return String(truth) === output.class;
  return new Set(truth).symmetricDifference(new Set(labelsPredicted(output))).size === 0;
}

/** Logs of earlier builds have the labels as one text. */
const labelsPredicted = (of: Extract<LoggedOutput, { class: string }>): readonly string[] =>
  of.labels ?? labelsOf(of.class, BETWEEN);

/**
 * Answers that a model gave before it was exported. Converters can lose a part of a model without a word (the last
 * function of some objectives, all outputs but one), which only a comparison shows.
 */
import { ValidationError } from '#domain/errors.ts';
import { Faults } from '#domain/faults.ts';
import { openSession, RuntimeError } from '#engine/run.ts';
import { expectTensor, type Tensors } from '#engine/tensor.ts';
import type { Serving } from '../serving/description.ts';
import type { Input } from '../serving/input.ts';
import { feedsOf } from './feeds.ts';

/** A row and what the model answered to it: at least one of the three. */
export interface Example {
  readonly input: Input;
  readonly class?: string | undefined;
  /** By class, of some of the classes or of all. */
  readonly probabilities?: Readonly<Record<string, number>> | undefined;
  readonly value?: number | undefined;
}

/** Of a probability, and of the largest value among the examples: exported models compute in float32. */
export const EXAMPLE_TOLERANCE = 1e-3;

/**
 * Throws `ValidationError` that names the first examples to which the model answers otherwise.
 * @param onnx the model as it will be served
 */
export async function expectExamples(onnx: Uint8Array, serving: Serving, examples: readonly Example[]): Promise<void> {
  const faults = new Faults();
  expectFitting(serving, examples, faults);
  faults.throwIfAny();
  const inputs = examples.map(({ input }) => input);
  const feeds = await feedsOf(serving, inputs, (row) => `examples[${row}].input`);
  const results = await answers(onnx, feeds);
  if (serving.task === 'regression') compareValues(results, examples, faults);
  else compareClasses(results, serving, examples, faults);
  faults.throwIfAny();
}

/** An example of a class has no value, and the other way round. */
function expectFitting({ task, classes }: Serving, examples: readonly Example[], faults: Faults): void {
  for (const [i, example] of examples.entries()) {
    const at = `examples[${i}]`;
    if (task === 'regression') {
      for (const field of ['class', 'probabilities'] as const)
        if (example[field] !== undefined) faults.add(`${at}.${field}`, 'must be left out: the model answers numbers');
      if (example.value === undefined) faults.add(`${at}.value`, 'must be given: the model answers numbers');
      continue;
    }
    if (example.value !== undefined) faults.add(`${at}.value`, 'must be left out: the model answers classes');
    if (example.class === undefined && example.probabilities === undefined)
      faults.add(at, 'must have class or probabilities: the model answers classes');
    const unknown = Object.keys(example.probabilities ?? {}).find((name) => !classes.includes(name));
    if (unknown !== undefined)
      faults.add(`${at}.probabilities`, `must be of the classes ${namesOf(classes)}; got ${JSON.stringify(unknown)}`);
  }
}

async function answers(onnx: Uint8Array, feeds: Tensors): Promise<Tensors> {
  try {
    await using session = await openSession(onnx, { threads: 1 });
    return await session.run(feeds);
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    throw ValidationError.of('examples', `must be rows that the model takes; it says: ${error.message}`);
  }
}

function compareValues({ value }: Tensors, examples: readonly Example[], faults: Faults): void {
  const { data } = expectTensor('value', value, 'float64');
  const largest = Math.max(...examples.map((example) => Math.abs(example.value!)));
  for (const [i, example] of examples.entries()) {
    if (Math.abs(data[i]! - example.value!) <= EXAMPLE_TOLERANCE * largest) continue;
    faults.add(`examples[${i}].value`, differs(data[i]!, example.value!));
  }
}

function compareClasses(
  { label, probabilities }: Tensors,
  { classes }: Serving,
  examples: readonly Example[],
  faults: Faults,
): void {
  const labels = expectTensor('label', label, 'string').data;
  const { data } = expectTensor('probabilities', probabilities, 'float32');
  // A label of the model's own may be other words than those of its scores.
  const known = new Set([...classes, ...labels]);
  for (const [i, example] of examples.entries()) {
    if (example.class !== undefined && !known.has(example.class))
      faults.add(
        `examples[${i}].class`,
        `must be one of the classes ${namesOf(classes)}; got ${JSON.stringify(example.class)}`,
      );
    else if (example.class !== undefined && labels[i] !== example.class)
      faults.add(`examples[${i}].class`, differs(labels[i]!, example.class));
    for (const [name, expected] of Object.entries(example.probabilities ?? {})) {
      const answered = data[i * classes.length + classes.indexOf(name)]!;
      if (Math.abs(answered - expected) <= EXAMPLE_TOLERANCE) continue;
      faults.add(`examples[${i}].probabilities`, `${differs(answered, expected)} for ${name}`);
    }
  }
}

/** Classes that an error names. */
const MOST_NAMED = 20;

function namesOf(classes: readonly string[]): string {
  const named = classes.slice(0, MOST_NAMED).map((name) => JSON.stringify(name));
  return `${named.join(', ')}${classes.length > MOST_NAMED ? ` and ${classes.length - MOST_NAMED} more` : ''}`;
}

const differs = (answered: number | string, given: number | string): string =>
  `must be what the model answers; the file that was exported answers ${answered}, got ${given}`;

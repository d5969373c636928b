import { describe, expect, test } from '@jest/globals';
import { ValidationError } from '#domain/errors.ts';
import type { Example } from '#learning/imported/examples.ts';
import { readImported } from '#learning/imported/read.ts';
import recorded from '#test/fixtures/golden/imported.json' with { type: 'json' };

const { served, differing } = recorded;
const classifier = served['XGBoost, a classifier'];
const classes = ['0', '1', '2'];
const regression = served['XGBoost, a regression'];
const changed = differing['XGBoost, reg:logistic'];

const read = ({ onnx }: { onnx: string }, examples?: readonly Example[]) =>
  readImported(Buffer.from(onnx, 'base64'), { target: 'target', ...(examples ? { examples } : {}) });

async function faults(of: { onnx: string }, examples: readonly Example[]) {
  const error = await read(of, examples).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(ValidationError);
  return (error as ValidationError).details;
}

const asClasses = classifier.rows.map((input, i): Example => {
  const scores = classifier.numbers[i]!;
  return {
    input,
    class: classifier.labels[i]!,
    probabilities: Object.fromEntries(classes.map((c, j) => [c, scores[j]!])),
  };
});
const asValues = ({ rows, numbers }: { rows: number[][]; numbers: number[] }) =>
  rows.map((input, i): Example => ({ input, value: numbers[i]! }));

describe('answers from before the export', () => {
  test('are those of the file: the model is read, and says so', async () => {
    const { notes } = await read(classifier, asClasses);
    expect(notes).toContain(`it answers ${asClasses.length} examples as it did before it was exported`);
    await expect(read(regression, asValues(regression))).resolves.toBeDefined();
  });

  test('are not given: the model says that nobody compared it', async () => {
    const { notes } = await read(changed);
    expect(notes.at(-1)).toMatch(/^nobody compared its answers/u);
  });

  test('are not those of a file that its converter changed', async () => {
    const found = await faults(changed, asValues(changed));
    expect(found).toHaveLength(changed.rows.length);
    expect(found[0]).toEqual({
      field: 'examples[0].value',
      message: expect.stringMatching(
        /^must be what the model answers; the file that was exported answers -?[\d.]+, got 0\.[\d]+$/u,
      ),
    });
  });

  test('may differ by rounding, and no more', async () => {
    const largest = Math.max(...regression.numbers);
    const off = (by: number) => asValues(regression).map((one) => ({ ...one, value: one.value! + by * largest }));
    await expect(read(regression, off(0.0009))).resolves.toBeDefined();
    expect(await faults(regression, off(0.0011))).toHaveLength(regression.rows.length);
  });

  test('of another class, or of a class less probable, are named', async () => {
    const [first, ...others] = asClasses;
    expect(await faults(classifier, [{ input: first!.input, class: '2' }, ...others])).toEqual([
      {
        field: 'examples[0].class',
        message: `must be what the model answers; the file that was exported answers ${first!.class!}, got 2`,
      },
    ]);
    expect(await faults(classifier, [...others, { input: first!.input, probabilities: { 0: 0.5 } }])).toEqual([
      { field: `examples[${others.length}].probabilities`, message: expect.stringMatching(/got 0\.5 for 0$/u) },
    ]);
  });
});

test('of a class that the model does not have says which it has', async () => {
  expect(await faults(classifier, [{ input: classifier.rows[0]!, class: 'setosa' }])).toEqual([
    { field: 'examples[0].class', message: 'must be one of the classes "0", "1", "2"; got "setosa"' },
  ]);
});

describe('examples that do not fit the model are refused', () => {
  const input = classifier.rows[0]!;
  test.each<[string, { onnx: string }, Example, string, string]>([
    [
      'a value of classes',
      classifier,
      { input, value: 1 },
      'examples[0].value',
      'must be left out: the model answers classes',
    ],
    ['nothing', classifier, { input }, 'examples[0]', 'must have class or probabilities: the model answers classes'],
    [
      'a class that it has not',
      classifier,
      { input, probabilities: { 7: 1 } },
      'examples[0].probabilities',
      'must be of the classes "0", "1", "2"; got "7"',
    ],
    [
      'a class of numbers',
      regression,
      { input, class: 'a', value: 1 },
      'examples[0].class',
      'must be left out: the model answers numbers',
    ],
    ['no value', regression, { input }, 'examples[0].value', 'must be given: the model answers numbers'],
    ['a row too short', classifier, { input: [1], class: '0' }, 'examples[0].input', 'must have 4 values'],
  ])('%s', async (_, model, example, field, message) => {
    expect(await faults(model, [example])).toContainEqual({ field, message: expect.stringContaining(message) });
  });
});

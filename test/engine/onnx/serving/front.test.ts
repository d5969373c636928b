import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutFront } from '#engine/onnx/serving/front/cut.ts';
import { labelled } from '#engine/onnx/serving/front/label.ts';
import { openSession } from '#engine/run.ts';
import { type Tensors, tensor } from '#engine/tensor.ts';

const fixture = (path: string): Buffer => readFileSync(new URL(`../../../fixtures/${path}`, import.meta.url));
const penguins = fixture('models/with-job.onnx');

const NUMBERS = ['bill_length_mm', 'bill_depth_mm', 'flipper_length_mm', 'body_mass_g', 'year'];
const number = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, 0, -0, 1e300, 1e-40, 47.5, 2009));
const word = fc.oneof(fc.string(), fc.constantFrom('', 'Biscoe', 'Dream', 'Torgersen', 'female', 'male', 'Female'));
const rowOf = fc.record({
  ...Object.fromEntries(NUMBERS.map((name) => [name, number])),
  island: word,
  sex: word,
}) as fc.Arbitrary<Record<string, number | string>>;

const columns = (rows: readonly Record<string, number | string>[]): Tensors =>
  Object.fromEntries(
    Object.keys(rows[0]!).map((name) => {
      const cells = rows.map((row) => row[name]!);
      const shape = [rows.length, 1];
      return NUMBERS.includes(name)
        ? [name, tensor('float64', shape, Float64Array.from(cells, Number))]
        : [name, tensor('string', shape, cells.map(String))];
    }),
  );

test('a model of tables without its front gives the same answers to any rows, bit for bit', async () => {
  const cut = cutFront(penguins)!;
  await using whole = await openSession(penguins, { threads: 1 });
  await using part = await openSession(cut.model, { threads: 1 });
  expect(part.inputNames).toHaveLength(1);
  const same = fc.property(fc.array(rowOf, { minLength: 1, maxLength: 20 }), (rows) => {
    const feeds = columns(rows);
    expect(cut.run(part, feeds)).toEqual(whole.runAtOnce(feeds));
  });
  fc.assert(same, { numRuns: 200 });
});

test.each(['convolutional', 'recurrent', 'encoder'])('a model of another kind stays whole: %s', (name) => {
  expect(cutFront(fixture(`golden/${name}.onnx`))).toBeUndefined();
});

test('where the largest probability is not clear, the first of the largest logits says which label it is', () => {
  const label = { name: 'label', from: 'z', isPlace: false, labels: ['a', 'b'], otherwise: '', probabilities: 'p' };
  const asked: (readonly string[] | undefined)[] = [];
  const answer = (probabilities: readonly number[], logits: readonly number[]) => {
    const runAtOnce = (_: Tensors, wanted?: readonly string[]): Tensors => {
      asked.push(wanted);
      const p = tensor('float32', [1, 2], Float32Array.from(probabilities));
      return wanted ? { p } : { p, z: tensor('float32', [1, 2], Float32Array.from(logits)) };
    };
    const feeds = { x: tensor('float32', [1, 1], Float32Array.of(0)) };
    return labelled({ runAtOnce }, feeds, label).label!.data;
  };
  expect(answer([0.4, 0.6], [0, 1])).toEqual(['b']);
  expect(asked.splice(0)).toEqual([['p']]);
  for (const unclear of [
    [0.5, 0.5],
    [0.500001, 0.5],
    [Number.NaN, Number.NaN],
    [0, 0],
  ]) {
    expect(answer(unclear, [0, 1])).toEqual(['b']);
    expect(asked.splice(0)).toEqual([['p'], undefined]);
  }
  expect(answer([0.5, 0.5], [1, 1])).toEqual(['a']);
});

test('a label that no probabilities tell is looked up by its place', () => {
  const label = { name: 'label', from: 'at', isPlace: true, labels: ['a', 'b'], otherwise: 'c' };
  const answer = (place: bigint) => {
    const runAtOnce = (): Tensors => ({ at: tensor('int64', [1], BigInt64Array.of(place)) });
    return labelled({ runAtOnce }, { x: tensor('float32', [1, 1], Float32Array.of(0)) }, label).label!.data;
  };
  expect([answer(1n), answer(7n)]).toEqual([['b'], ['c']]);
});

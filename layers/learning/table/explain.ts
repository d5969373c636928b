/** Predictions of rows of a table are explained by their features. */
import { expectTensor, type Tensor, type Tensors, tensor } from '#engine/tensor.ts';
import type { Serving } from '../serving/description.ts';
import type { Cut, Explainer } from '../serving/explain.ts';
import { expectFew, ordersFor, rowsTogether } from '../serving/explain-bounds.ts';
import type { Reference } from '../serving/reference.ts';
import { rowTensors } from '../serving/rows.ts';

/** Values [1, 1] by the name of the input: the means of the training rows, and the most frequent words. */
export function typicalRow({ features }: Serving, of?: Reference): Tensors {
  const typical = new Map(of?.features.map((feature) => [feature.name, feature.typical]));
  return rowTensors(features, [features.map(({ name }) => typical.get(name) ?? null)]);
}

const costOf = ({ features: { length } }: Serving) => ({ parts: length, orders: ordersFor(length), numbers: length });

export const tableExplainer: Explainer = {
  expect: (serving, rows) => expectFew(costOf(serving), rows, `a model of ${serving.features.length} features`),
  cut: (serving, inputs, reference): Cut => {
    const { features } = serving;
    const typical = typicalRow(serving, reference);
    const cost = costOf(serving);
    return {
      ...cost,
      together: rowsTogether(cost),
      mixed: (row, count, isOwn) =>
        Object.fromEntries(
          features.map(({ input }, j) => {
            const own = (at: number) => isOwn(j, at);
            return [input, mix(inputs[input]!, typical[input]!, row, count, own)];
          }),
        ),
      // `fromEntries` makes `__proto__` a name like any other.
      shown: (_, contributions) => ({
        contributions: Object.fromEntries(features.map(({ name }, j) => [name, contributions[j]!])),
      }),
    };
  },
};

function mix(own: Tensor, usual: Tensor, row: number, count: number, isOwn: (at: number) => boolean): Tensor {
  if (own.dtype === 'string') {
    const [mine, typical] = [own.data[row]!, expectTensor('typical', usual, 'string').data[0]!];
    return tensor(
      'string',
      [count, 1],
      Array.from({ length: count }, (_, at) => (isOwn(at) ? mine : typical)),
    );
  }
  const [mine, typical] = [own, usual].map((of) => expectTensor('feature', of, 'float64').data);
  return tensor(
    'float64',
    [count, 1],
    Float64Array.from({ length: count }, (_, at) => (isOwn(at) ? mine![row]! : typical![0]!)),
  );
}

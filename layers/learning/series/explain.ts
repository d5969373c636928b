/** Predictions of windows are explained by their features at each step, or at some steps together if a window is long. */
import { expectTensor, type Tensor, tensor } from '#engine/tensor.ts';
import type { Serving } from '../serving/description.ts';
import type { Cut, Explainer } from '../serving/explain.ts';
import { expectFew, ordersFor, rowsTogether } from '../serving/explain-bounds.ts';
import { typicalRow } from '../table/explain.ts';
import { windowOf } from './encoding.ts';

/** Steps are put together until there are at most so many parts. */
const MOST_PARTS = 400;

function costOf(serving: Serving) {
  const { steps } = windowOf(serving);
  const features = serving.features.length;
  const blocks = Math.min(steps, Math.max(1, Math.floor(MOST_PARTS / features)));
  const parts = blocks * features;
  return { steps, features, blocks, parts, orders: ordersFor(parts), numbers: steps * features };
}

export const seriesExplainer: Explainer = {
  expect: (serving, rows) => {
    const cost = costOf(serving);
    expectFew(cost, rows, `a model of ${cost.features} features and a window of ${cost.steps} rows`);
  },
  cut: (serving, inputs, reference): Cut => {
    const typical = typicalRow(serving, reference);
    const cost = costOf(serving);
    const { steps, features, blocks } = cost;
    const blockOf = (step: number): number => Math.floor((step * blocks) / steps);
    const all = Array.from({ length: steps }, (_, step) => step);
    return {
      ...cost,
      together: rowsTogether(cost),
      mixed: (row, count, isOwn) =>
        Object.fromEntries(
          serving.features.map(({ input }, j) => {
            const own = (step: number, at: number) => isOwn(blockOf(step) * features + j, at);
            return [input, mix(inputs[input]!, typical[input]!, { row, count, steps, own })];
          }),
        ),
      shown: (_, contributions) => ({
        steps: [...Map.groupBy(all, blockOf).values()].map((some) => [some[0]!, some.at(-1)!] as [number, number]),
        contributions: Array.from({ length: blocks }, (_, block) =>
          Object.fromEntries(serving.features.map(({ name }, j) => [name, contributions[block * features + j]!])),
        ),
      }),
    };
  },
};

interface Mixing {
  readonly row: number;
  readonly count: number;
  readonly steps: number;
  readonly own: (step: number, at: number) => boolean;
}

function mix(mine: Tensor, usual: Tensor, { row, count, steps, own }: Mixing): Tensor {
  const isOwn = (place: number): boolean => own(place % steps, Math.floor(place / steps));
  const at = (place: number): number => row * steps + (place % steps);
  const [shape, length] = [[count, steps], count * steps];
  if (mine.dtype === 'string') {
    const { data } = mine;
    const typical = expectTensor('typical', usual, 'string').data[0]!;
    return tensor(
      'string',
      shape,
      Array.from({ length }, (_, place) => (isOwn(place) ? data[at(place)]! : typical)),
    );
  }
  const [values, [typical]] = [mine, usual].map((of) => expectTensor('feature', of, 'float64').data) as [
    Float64Array,
    Float64Array,
  ];
  return tensor(
    'float64',
    shape,
    Float64Array.from({ length }, (_, place) => (isOwn(place) ? values[at(place)]! : typical!)),
  );
}

/** Models that compute a number of their inputs, and explanations of what they answer. */
import { type Tensors, tensor } from '#engine/tensor.ts';
import type { Serving } from '#learning/serving/description.ts';
import { type Explainer, type Explanation, explain } from '#learning/serving/explain.ts';
import type { Reference } from '#learning/serving/reference.ts';

/** A regression that computes this of each row of its inputs. */
export const modelOf = (of: (row: number, feeds: Tensors) => number) => async (feeds: Tensors, rows: number) => ({
  value: tensor(
    'float64',
    [rows],
    Float64Array.from({ length: rows }, (_, row) => of(row, feeds)),
  ),
});

interface Explained {
  readonly explainer: Explainer;
  readonly serving: Serving;
  readonly reference?: Reference;
  readonly model: ReturnType<typeof modelOf>;
}

export async function explained(of: Explained, inputs: Tensors, rows: number): Promise<Explanation[]> {
  const { explainer, serving, reference, model } = of;
  const cut = explainer.cut(serving, inputs, reference);
  return explain({ serving, cut, run: model }, await model(inputs, rows));
}

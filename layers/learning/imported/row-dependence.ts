/**
 * Whether the rows of a request change each other's answers: a model that normalises over its batch, say, answers a row
 * otherwise alone than beside others. Rows of different sizes are run together, and each alone.
 */
import type { DatasetWarning } from '#domain/datasets/warnings.ts';
import { dataType } from '#engine/onnx/proto.ts';
import { uniformStream } from '#engine/random.ts';
import { openSession, RuntimeError } from '#engine/run.ts';
import { type Tensor, type Tensors, tensor, toNumbers } from '#engine/tensor.ts';
import type { Serving } from '../serving/description.ts';
import type { Example } from './examples.ts';
import { feedsOf, shapesOf } from './feeds.ts';
import { zeros } from './trial.ts';

const ROWS = 6;
/** From the smallest numbers to the largest. */
const SCALES = [0.01, 1, 100];
/** Of the largest answer: rounding may depend on how many rows there are. */
const TOLERANCE = 1e-3;

/**
 * `undefined`: no row changed another's answer, or the model refuses rows that are not its own.
 * @param onnx the model as it will be served
 */
export async function rowDependence(
  onnx: Uint8Array,
  serving: Serving,
  examples: readonly Example[],
): Promise<DatasetWarning | undefined> {
  const inputs = examples.slice(0, ROWS).map(({ input }) => input);
  const rows = inputs.length > 1 ? inputs.length : ROWS;
  const feeds = inputs.length > 1 ? await feedsOf(serving, inputs, (row) => `examples[${row}]`) : drawn(serving);
  const output = serving.task === 'regression' ? 'value' : 'probabilities';
  try {
    await using session = await openSession(onnx, { threads: 1 });
    const together = numbersOf(await session.run(feeds), output);
    const width = together.length / rows;
    const largest = Math.max(...together.map(Math.abs));
    for (let row = 0; row < rows; row++) {
      const alone = numbersOf(await session.run(rowOf(feeds, row)), output);
      const at = alone.findIndex((value, i) => Math.abs(value - together[row * width + i]!) > TOLERANCE * largest);
      if (at >= 0) return warningOf(rows, together[row * width + at]!, alone[at]!);
    }
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
  }
  return undefined;
}

const numbersOf = (results: Tensors, output: string): readonly number[] => toNumbers(results[output]!);

function drawn(serving: Serving): Tensors {
  const uniform = uniformStream(1, 'row dependence');
  return Object.fromEntries(
    shapesOf(serving, ROWS).map(({ name, datatype, shape }) => {
      if (datatype === 'BYTES') return [name, zeros(dataType.string, shape)];
      const width = shape.slice(1).reduce((product, dim) => product * dim, 1);
      const value = (_: unknown, i: number) => SCALES[Math.floor(i / width) % SCALES.length]! * (2 * uniform() - 1);
      const length = ROWS * width;
      return [
        name,
        datatype === 'FP32'
          ? tensor('float32', shape, Float32Array.from({ length }, value))
          : tensor('float64', shape, Float64Array.from({ length }, value)),
      ];
    }),
  );
}

const rowOf = (feeds: Tensors, row: number): Tensors =>
  Object.fromEntries(Object.entries(feeds).map(([name, of]) => [name, oneOf(of, row)]));

function oneOf({ dtype, data, shape }: Tensor, row: number): Tensor {
  const width = data.length / shape[0]!;
  return tensor(dtype, [1, ...shape.slice(1)], data.slice(row * width, (row + 1) * width) as typeof data);
}

const warningOf = (rows: number, together: number, alone: number): DatasetWarning => ({
  ...{ code: 'rows_change_answers', column: null, first_value: null, first_row: null, rows: 0, overrule: null },
  message: `The rows of a request change each other's answers: the same row was answered ${alone} alone, and ${together} beside ${rows - 1} others`,
  cost: 'A row is answered otherwise in another request, and in a batch prediction by the rows that happen to be computed with it. Send rows one at a time, or export the model so that it takes each row by itself (in PyTorch: after model.eval())',
});

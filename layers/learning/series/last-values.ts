/** The naive forecast: what the target was last. */
import { expectTensor, type Tensors } from '#engine/tensor.ts';
import { denseWidth, type Encoder, numbersOf } from '../table/encoder.ts';

/**
 * From encoded windows to the target of each one's last row, which is among the features of a forecast. `undefined` where
 * it is not, as that of other windows.
 */
export function lastValuesOf(encoder: Encoder, target: string): ((windows: Tensors) => Float64Array) | undefined {
  const numbers = numbersOf(encoder);
  const at = numbers.findIndex(({ name }) => name === target);
  if (at < 0) return undefined;
  const { mean, deviation } = numbers[at]!;
  const width = denseWidth(encoder);
  return ({ dense }) => {
    const { data, shape } = expectTensor('dense', dense, 'float32');
    const [windows, steps] = shape as readonly [number, number];
    return Float64Array.from(
      { length: windows },
      (_, window) => data[((window + 1) * steps - 1) * width + at]! * deviation + mean,
    );
  };
}

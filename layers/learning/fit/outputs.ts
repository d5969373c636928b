/** What a fitted network needs to be run again, and what its logits mean. */
import type { Tensors } from '#engine/tensor.ts';
import { parameterKey, type State } from '#engine/training/state.ts';

export const stateOf = (parameters: Tensors): State =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [parameterKey(name), value]));

/** The probabilities of logits; a temperature above 1 makes them less sure. */
export function softmaxRows(logits: Float32Array, width: number, temperature = 1): Float32Array {
  const result = new Float32Array(logits.length);
  for (let row = 0; row < logits.length; row += width) {
    const values = logits.subarray(row, row + width);
    const largest = Math.max(...values);
    const powers = values.map((value) => Math.exp((value - largest) / temperature));
    const sum = powers.reduce((total, power) => total + power, 0);
    for (let i = 0; i < width; i++) result[row + i] = powers[i]! / sum;
  }
  return result;
}

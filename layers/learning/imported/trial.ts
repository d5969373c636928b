/** Rows with which a model of others is tried. */
import { dataType } from '#engine/onnx/proto.ts';
import { type Tensor, type Tensors, tensor } from '#engine/tensor.ts';
import { type ImportedInput, rowShapeOf } from './signature.ts';

/** How many there are. */
export const TRIAL_ROWS = 2;

/** Numbers are 0 and texts empty. */
export const trialOf = (inputs: readonly ImportedInput[], rows: number): Tensors =>
  Object.fromEntries(inputs.map((input) => [input.name, zeros(input.elemType, [rows, ...rowShapeOf(input)])]));

export function zeros(elemType: number, shape: readonly number[]): Tensor {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return (ZEROS[elemType] ?? ZEROS[dataType.float32]!)(shape, size);
}

const ZEROS: Readonly<Record<number, (shape: readonly number[], size: number) => Tensor>> = {
  [dataType.float32]: (shape, size) => tensor('float32', shape, new Float32Array(size)),
  [dataType.float64]: (shape, size) => tensor('float64', shape, new Float64Array(size)),
  [dataType.int64]: (shape, size) => tensor('int64', shape, new BigInt64Array(size)),
  [dataType.int32]: (shape, size) => tensor('int32', shape, new Int32Array(size)),
  [dataType.bool]: (shape, size) => tensor('bool', shape, new Uint8Array(size)),
  [dataType.string]: (shape, size) => tensor('string', shape, new Array<string>(size).fill('')),
};

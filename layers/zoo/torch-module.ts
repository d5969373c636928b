/** A family's network as PyTorch has it: a module to print, and the parameters under its names and in its layouts. */
import { expectTensor, type Tensor, type Tensors, tensor } from '#engine/tensor.ts';

export interface TorchModule {
  /** Python: a `class Model(nn.Module)` without arguments, from the network's input to its outputs. */
  readonly source: string;
  /** The module's state, from the network's parameters. */
  state(parameters: Tensors): Tensors;
}

/** The other way round, as `nn.Linear` keeps the weights that the engine has as [inputs, outputs]. */
export function transposed(name: string, of: Tensor): Tensor {
  const { shape, data } = expectTensor(name, of, 'float32');
  const [rows = 1, columns = 1] = shape;
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = data[row * columns + column]!;
  }
  return tensor('float32', [columns, rows], turned);
}

/** For networks of linear layers under PyTorch's own names: only the weights of matrices change their layout. */
export const linearState = (parameters: Tensors): Tensors =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, one]) => [name, one.shape.length === 2 ? transposed(name, one) : one]),
  );

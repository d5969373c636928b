/** A family's network as PyTorch has it: a module to print, and the parameters under its names and in its layouts. */
import { expectTensor, type Tensor, type Tensors, tensor } from '#engine/tensor.ts';

export interface TorchModule {
  /** Python: a `class Model(nn.Module)` without arguments, from the network's input to its outputs. */
  readonly source: string;
  /** The module's state, from the network's parameters. */
  state(parameters: Tensors): Tensors;
  /** The network's parameters, from a module's state: the other way round. */
  parameters(state: Tensors): Tensors;
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

/**
 * For networks whose parameters have PyTorch's own names: some matrices change their layout, and that is its own inverse.
 * @param turns whether those of the name do. Default: all do, as those of linear layers
 */
export function turnedMatrices(
  turns: (name: string) => boolean = () => true,
): Pick<TorchModule, 'state' | 'parameters'> {
  const turned = (tensors: Tensors): Tensors =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, one]) => [
        name,
        one.shape.length === 2 && turns(name) ? transposed(name, one) : one,
      ]),
    );
  return { state: turned, parameters: turned };
}

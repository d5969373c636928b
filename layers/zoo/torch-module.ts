/** A family's network as PyTorch has it: a module to print, and the parameters under its names and in its layouts. */
import { expectTensor, type Tensor, type Tensors, tensor } from '#engine/tensor.ts';
import type { ParameterSpec } from '#engine/training/network.ts';

/** A tensor without its numbers. */
type Named = Pick<ParameterSpec, 'name' | 'shape'>;

export interface TorchModule {
  /** Python: a `class Model(nn.Module)` without arguments, from the network's input to its outputs. */
  readonly source: string;
  /** The module's state, from the network's parameters. */
  state(parameters: Tensors): Tensors;
  /** What `state` has, and in which shapes, without a number. */
  shapes(parameters: readonly Named[]): readonly Named[];
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
): Pick<TorchModule, 'state' | 'shapes' | 'parameters'> {
  const isTurned = (name: string, { length }: readonly number[]): boolean => length === 2 && turns(name);
  const turned = (tensors: Tensors): Tensors =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, one]) => [name, isTurned(name, one.shape) ? transposed(name, one) : one]),
    );
  const shapes = (parameters: readonly Named[]): Named[] =>
    parameters.map(({ name, shape }) => ({ name, shape: isTurned(name, shape) ? shape.toReversed() : shape }));
  return { state: turned, shapes, parameters: turned };
}

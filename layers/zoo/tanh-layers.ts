/** (linear → tanh → dropout) × depth → linear: the network of battery prognostics, Wen et al. 2024. */
import type { Builder, Value } from '#engine/graph.ts';
import { tanh } from '#engine/ops/activation.ts';
import { linear } from '#engine/ops/linalg.ts';
import { dropout } from '#engine/ops/random.ts';
import { xavierNormal, zeros } from '#engine/random.ts';
import type { Mode, ParameterSpec, Values } from '#engine/training/network.ts';

export interface TanhLayers {
  /** Of the network; its parameters are `<name>.0.weight`, `<name>.0.bias`, `<name>.3.weight`, … */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** The number of hidden layers. */
  readonly depth: number;
  readonly width: number;
  readonly dropout: number;
}

/** PyTorch numbers a linear layer, its tanh and its dropout within a `Sequential`. */
const NUMBERS_PER_LAYER = 3;

interface Layer {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
}

function layersOf({ name, inputs, outputs, depth, width }: TanhLayers): Layer[] {
  const widths = [inputs, ...new Array<number>(depth).fill(width), outputs];
  return widths.slice(1).map((size, i) => ({
    name: `${name}.${NUMBERS_PER_LAYER * i}`,
    inputs: widths[i]!,
    outputs: size,
  }));
}

export function tanhParameters(of: TanhLayers): ParameterSpec[] {
  return layersOf(of).flatMap(({ name, inputs, outputs }) => [
    { name: `${name}.weight`, shape: [inputs, outputs], initializer: xavierNormal, decay: true },
    { name: `${name}.bias`, shape: [outputs], initializer: zeros, decay: false },
  ]);
}

/** From x [rows, inputs] to [rows, outputs]. */
export function tanhLayers(b: Builder, of: TanhLayers, parameters: Values, x: Value, mode: Mode): Value {
  return layersOf(of).reduce((input, { name }, i) => {
    const layer = (): Value => {
      const z = linear(b, input, parameters[`${name}.weight`]!, parameters[`${name}.bias`]!);
      if (i === of.depth) return z;
      const y = tanh(b, z);
      return mode.training ? dropout(b, y, of.dropout, { seed: mode.seed, step: mode.step, stream: name }) : y;
    };
    return b.at(name, layer);
  }, x);
}

/** Floating-point operations of the forward pass of one row. */
export const tanhFlops = (of: TanhLayers): number =>
  layersOf(of).reduce((sum, { inputs, outputs }) => sum + 2 * inputs * outputs, 0);

/** The network as PyTorch's `Sequential`, in Python. */
export function tanhModule(of: TanhLayers): string {
  const all = layersOf(of).map(({ inputs, outputs }) => `nn.Linear(${inputs}, ${outputs})`);
  const hidden = all.slice(0, -1).flatMap((layer) => [layer, 'nn.Tanh()', `nn.Dropout(${of.dropout})`]);
  return `class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.${of.name} = nn.Sequential(${[...hidden, all.at(-1)].join(', ')})

    def forward(self, x):
        return self.${of.name}(x)
`;
}

/** Convolutions with batch normalisation, with PyTorch's names and initial weights. */
import type { Builder, Value } from '#engine/graph.ts';
import { conv } from '#engine/ops/conv.ts';
import { batchNormInference, batchNormTraining } from '#engine/ops/normalize.ts';
import { type Initializer, ones, zeros } from '#engine/random.ts';
import type { Mode, ParameterSpec, Values } from '#engine/training/network.ts';
import { sizeOf } from '#engine/type.ts';

/** Normal with variance 2 / fan out: He et al. 2015, as torchvision's ResNet has it. By Box and Muller's transform. */
const kaimingFanOut: Initializer = (shape, uniform) => {
  const deviation = Math.sqrt(2 / (shape[0]! * sizeOf(shape.slice(2))));
  const values = new Float32Array(sizeOf(shape));
  for (let i = 0; i < values.length; i += 2) {
    const [radius, angle] = [deviation * Math.sqrt(-2 * Math.log(1 - uniform())), 2 * Math.PI * uniform()];
    values[i] = radius * Math.cos(angle);
    // Beyond the end of the array, it is ignored.
    values[i + 1] = radius * Math.sin(angle);
  }
  return values;
};

export interface ConvSpec {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
}

/** A convolution's kernel [out, in, kernel, kernel], without bias. */
export const convParameter = ({ name, inputs, outputs, kernel }: ConvSpec): ParameterSpec => ({
  name: `${name}.weight`,
  shape: [outputs, inputs, kernel, kernel],
  initializer: kaimingFanOut,
  decay: true,
});

export function normParameters(name: string, channels: number): ParameterSpec[] {
  const of = (what: string, initializer: Initializer, trainable: boolean): ParameterSpec => ({
    name: `${name}.${what}`,
    shape: [channels],
    initializer,
    decay: false,
    trainable,
  });
  return [
    of('weight', ones, true),
    of('bias', zeros, true),
    of('running_mean', zeros, false),
    of('running_var', ones, false),
  ];
}

/** Padded so that the sides are those of the input, divided by the stride. */
export const convolved = (b: Builder, p: Values, { name, kernel, stride }: ConvSpec, x: Value): Value =>
  conv(b, x, p[`${name}.weight`]!, undefined, { strides: stride, pads: (kernel - 1) / 2 });

export function normalised(b: Builder, p: Values, name: string, x: Value, mode: Mode): Value {
  const values = {
    gain: p[`${name}.weight`]!,
    bias: p[`${name}.bias`]!,
    mean: p[`${name}.running_mean`]!,
    variance: p[`${name}.running_var`]!,
  };
  if (!mode.training) return batchNormInference(b, x, values);
  const result = batchNormTraining(b, x, values);
  mode.carry(`${name}.running_mean`, result.mean);
  mode.carry(`${name}.running_var`, result.variance);
  return result.y;
}

/** Floating-point operations of a convolution whose output has such a side; a multiply-add counts as two. */
export const convFlops = ({ inputs, outputs, kernel }: ConvSpec, height: number, width: number): number =>
  2 * inputs * outputs * kernel * kernel * height * width;

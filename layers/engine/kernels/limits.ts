import type { Attributes } from '../onnx/decode.ts';

/** Why a kernel does not accept a node in spite of its types. */
type Limit = (attributes: Attributes) => string | undefined;

const evenPads: Limit = (attributes) => {
  const pads = attributes.ints('pads') ?? [];
  const half = pads.length / 2;
  return pads.some((pad, i) => pad !== pads[(i + half) % pads.length])
    ? `wants as many pads after an axis as before it; got [${pads}]`
    : undefined;
};

const noDilations: Limit = (attributes) => {
  const dilations = attributes.ints('dilations') ?? [];
  return dilations.some((step) => step !== 1) ? `wants dilations of 1; got [${dilations}]` : undefined;
};

/**
 * Attributes that CUDA kernels do not accept, by operator. cuDNN's pools have the same pad at both ends of an axis, and
 * no dilations. There is no kernel for transposed convolutions with uneven pads, nor for the last of equal maxima.
 */
export const limits: Readonly<Record<string, Limit>> = {
  ArgMax: (attributes) =>
    attributes.int('select_last_index', 0) === 1 ? 'finds the first of equal elements only' : undefined,
  AveragePool: evenPads,
  ConvTranspose: evenPads,
  MaxPool: (attributes) => evenPads(attributes) ?? noDilations(attributes),
};

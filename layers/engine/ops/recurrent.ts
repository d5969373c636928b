import type { Builder, Value } from '../graph.ts';
import { formatShape, ShapeError, staticShape } from '../type.ts';
import { sigmoid, tanh } from './activation.ts';
import { scan } from './control.ts';
import { add, mul, sub } from './elementwise.ts';
import { gather } from './indexing.ts';
import { concat, slice } from './join.ts';
import { gemm, matMul } from './linalg.ts';
import { zerosLike } from './movement.ts';

/**
 * A recurrent layer's weights: input [features, gates · units], hidden [units, gates · units], biases [gates · units].
 * Gates lie in ONNX's order: input, output, forget, cell for an LSTM; update, reset, candidate for a GRU.
 */
export interface RecurrentWeights {
  readonly input: Value;
  readonly hidden: Value;
  readonly inputBias: Value;
  /** An LSTM adds it to `inputBias`; a GRU's candidate needs it by itself. */
  readonly hiddenBias?: Value;
}

export interface RecurrentOptions {
  /** From the last step to the first; results lie in the order of the sequence all the same. */
  readonly reverse?: boolean;
  /** What the layer remembers at first, [batch, units]; zeros if absent. */
  readonly hidden?: Value;
  /** An LSTM's cell at first, [batch, units]; zeros if absent. */
  readonly cell?: Value;
}

export interface Recurrence {
  /** What each step said, [steps, batch, units]. */
  readonly sequence: Value;
  /** What the last step said, [batch, units]. */
  readonly hidden: Value;
}

/**
 * Long short-term memory over x [steps, batch, features]: Hochreiter and Schmidhuber 1997, with forget gates (Gers et
 * al. 2000). One matrix product makes all steps' inputs to the gates; the loop multiplies by `hidden` alone.
 * @throws ShapeError
 */
export function lstm(
  b: Builder,
  x: Value,
  w: RecurrentWeights,
  options: RecurrentOptions = {},
): Recurrence & { readonly cell: Value } {
  const units = unitsOf(x, w, 4);
  const bias = w.hiddenBias ? add(b, w.inputBias, w.hiddenBias) : w.inputBias;
  const inputs = add(b, matMul(b, x, w.input), bias);
  const { states, sequences } = scan(b, {
    captured: [w.hidden],
    states: [options.hidden ?? start(b, inputs, units), options.cell ?? start(b, inputs, units)],
    sequences: [inputs],
    reverse: options.reverse ?? false,
    body: (b, [weights], [hidden, cell], [inputs]) => {
      const gates = gemm(b, hidden!, weights!, inputs!);
      const open = sigmoid(b, slice(b, gates, 1, 0, 3 * units));
      const gate = (i: number) => slice(b, open, 1, i * units, (i + 1) * units);
      const candidate = tanh(b, slice(b, gates, 1, 3 * units));
      const next = add(b, mul(b, gate(2), cell!), mul(b, gate(0), candidate));
      const output = mul(b, gate(1), tanh(b, next));
      return { states: [output, next], slices: [output] };
    },
  });
  return { sequence: sequences[0]!, hidden: states[0]!, cell: states[1]! };
}

/**
 * Gated recurrent units over x [steps, batch, features]: Cho et al. 2014, with the reset gate after the product, as
 * cuDNN and PyTorch have it.
 * @throws ShapeError
 */
export function gru(b: Builder, x: Value, w: RecurrentWeights, options: RecurrentOptions = {}): Recurrence {
  const units = unitsOf(x, w, 3);
  const inputs = add(b, matMul(b, x, w.input), w.inputBias);
  const { states, sequences } = scan(b, {
    captured: w.hiddenBias ? [w.hidden, w.hiddenBias] : [w.hidden],
    states: [options.hidden ?? start(b, inputs, units)],
    sequences: [inputs],
    reverse: options.reverse ?? false,
    body: (b, [weights, bias], [hidden], [inputs]) => {
      const own = gemm(b, hidden!, weights!, bias);
      const open = sigmoid(b, add(b, slice(b, inputs!, 1, 0, 2 * units), slice(b, own, 1, 0, 2 * units)));
      const [update, reset] = [slice(b, open, 1, 0, units), slice(b, open, 1, units)];
      const candidate = tanh(b, add(b, slice(b, inputs!, 1, 2 * units), mul(b, reset, slice(b, own, 1, 2 * units))));
      const next = add(b, candidate, mul(b, update, sub(b, hidden!, candidate)));
      return { states: [next], slices: [next] };
    },
  });
  return { sequence: sequences[0]!, hidden: states[0]! };
}

/** Two layers over the sequence, one from each end, beside each other: [steps, batch, 2 · units]. */
export function bidirectional(
  b: Builder,
  layer: (options: { readonly reverse: boolean }, direction: 'forward' | 'backward') => Recurrence,
): Recurrence {
  const [forward, backward] = [layer({ reverse: false }, 'forward'), layer({ reverse: true }, 'backward')];
  return {
    sequence: concat(b, [forward.sequence, backward.sequence], -1),
    hidden: concat(b, [forward.hidden, backward.hidden], -1),
  };
}

function unitsOf(x: Value, { input, hidden }: RecurrentWeights, gates: number): number {
  const [units, width] = staticShape(hidden.type.shape);
  const features = x.type.shape.at(-1);
  const [wanted, wide] = input.type.shape;
  if (x.type.shape.length !== 3 || features !== wanted || wide !== width || width !== gates * (units ?? 0))
    throw new ShapeError(
      `a layer of ${gates} gates wants [steps, batch, features], weights [features, ${gates}·units] and [units, ${gates}·units]; got ${[x, input, hidden].map(({ type }) => formatShape(type.shape)).join(', ')}`,
    );
  return units!;
}

/** Zeros [batch, units], from the gates' inputs [steps, batch, gates · units]: the batch may be symbolic. */
function start(b: Builder, gates: Value, units: number): Value {
  const first = gather(b, gates, b.scalar('int64', 0), 0);
  return zerosLike(b, slice(b, first, 1, 0, units));
}

import type { Builder, Value } from '../graph.ts';
import { formatShape, ShapeError, staticShape } from '../type.ts';
import { sigmoid, tanh } from './activation.ts';
import { scan } from './control.ts';
import { add, mul, sub } from './elementwise.ts';
import { gather } from './indexing.ts';
import { concat, slice, split } from './join.ts';
import { gemm, matMul } from './linalg.ts';
import { lstmVjp } from './lstm-gradient.ts';
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

/*
 * The loops also say what their derivatives need, gates and what comes out of tanh: the gradient reads it instead of
 * computing it again (`scanVjp`), and without a gradient it is not written.
 */

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
      const gates = split(b, gemm(b, hidden!, weights!, inputs!), 1, [units, units, units, units]);
      const [input, output, forget] = gates.slice(0, 3).map((gate) => sigmoid(b, gate)) as [Value, Value, Value];
      const candidate = tanh(b, gates[3]!);
      const [kept, entered] = [mul(b, forget, cell!), mul(b, input, candidate)];
      const next = add(b, kept, entered);
      const bounded = tanh(b, next);
      const said = mul(b, output, bounded);
      return { states: [said, next], slices: [said, input, output, forget, candidate, bounded, kept, entered] };
    },
    gradient: lstmVjp,
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
      const gates = (x: Value) => split(b, x, 1, [units, units, units]) as readonly [Value, Value, Value];
      const own = gates(gemm(b, hidden!, weights!, bias));
      const given = gates(inputs!);
      const [update, reset] = [sigmoid(b, add(b, given[0], own[0])), sigmoid(b, add(b, given[1], own[1]))];
      const candidate = tanh(b, add(b, given[2], mul(b, reset, own[2])));
      const next = add(b, candidate, mul(b, update, sub(b, hidden!, candidate)));
      return { states: [next], slices: [next, update, reset, own[2], candidate] };
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

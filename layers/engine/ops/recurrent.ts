import type { Builder, Value } from '../graph.ts';
import type { Maybe } from '../op.ts';
import { tensorFrom } from '../tensor.ts';
import { type Dim, formatShape, ShapeError, staticShape } from '../type.ts';
import { sigmoid, tanh } from './activation.ts';
import { scan } from './control.ts';
import { add, mul, sub } from './elementwise.ts';
import { concat, slice, split } from './join.ts';
import { gemm, matMul } from './linalg.ts';
import { lstmFactors, lstmVjp } from './lstm-gradient.ts';
import { expand, expandTo, reshape, shapeOf, squeeze, transpose, unsqueeze } from './movement.ts';

/**
 * A recurrent layer's weights: input [features, gates · units], hidden [units, gates · units], biases [gates · units].
 * Gates are in ONNX's order: input, output, forget, cell for an LSTM; update, reset, candidate for a GRU.
 */
export interface RecurrentWeights {
  readonly input: Value;
  readonly hidden: Value;
  readonly inputBias: Value;
  /** An LSTM adds it to `inputBias`. A GRU's candidate needs it separately. */
  readonly hiddenBias?: Value;
}

/** A direction through the sequence, with its own weights. */
export interface Direction {
  readonly weights: RecurrentWeights;
  /** From the last step to the first. Results are still in the order of the sequence. */
  readonly reverse?: boolean;
  /** The initial hidden state, [batch, units]. Default: zeros. */
  readonly hidden?: Value;
  /** An LSTM's initial cell, [batch, units]. Default: zeros. */
  readonly cell?: Value;
}

/** The results of all directions, side by side. */
export interface Recurrence {
  /** The output of each step, [steps, batch, directions · units]. */
  readonly sequence: Value;
  /** The last output of each direction, [batch, directions · units]. */
  readonly hidden: Value;
}

/*
 * The loops also output what their gradients need. Without a gradient, that is not written.
 *
 * All directions of an LSTM go through one loop, as a batch of matrices. Several threads can share it, whereas one
 * small matrix is too little for two. The state is [directions, units, batch], so that gates are blocks of rows. Each
 * step makes one product W u with u = [hidden; input; 1]. That includes the inputs and the bias, so nothing is left to
 * add.
 */

/**
 * Long short-term memory over x [steps, batch, features]: Hochreiter and Schmidhuber 1997, with forget gates (Gers et
 * al. 2000).
 * @throws ShapeError
 */
export function lstm(b: Builder, x: Value, directions: readonly Direction[]): Recurrence & { readonly cell: Value } {
  const units = unitsOf(x, directions, 4);
  const columns = unsqueeze(b, transpose(b, x, [0, 2, 1]), [1]);
  const initial = (state: Maybe<Value>) => (state ? transpose(b, state) : constantOf(b, x, 0, [units]));
  const reversed = directions.map(({ reverse = false }) => reverse);
  const rows = stacked(b, directions, ({ weights }) => rowsOf(b, weights));
  const { states, sequences } = scan(b, {
    captured: [transpose(b, rows), constantOf(b, x, 1, [directions.length, 1])],
    states: [
      stacked(b, directions, ({ hidden }) => initial(hidden)),
      stacked(b, directions, ({ cell }) => initial(cell)),
    ],
    sequences: reversed.map((reverse) => ({ value: columns, reverse })),
    body: (b, [weights, ones], [hidden, cell], inputs) => {
      const read = concat(b, [hidden!, concat(b, inputs, 0), ones!], 1);
      const [i, o, f, g] = split(b, matMul(b, weights!, read), 1, [units, units, units, units]) as Gates;
      const [input, output, forget, candidate] = [sigmoid(b, i), sigmoid(b, o), sigmoid(b, f), tanh(b, g)];
      const [entered, kept] = [mul(b, input, candidate), mul(b, forget, cell!)];
      const next = add(b, kept, entered);
      const bounded = tanh(b, next);
      const said = mul(b, output, bounded);
      const each = split(b, said, 0, new Array<number>(directions.length).fill(1));
      const factors = lstmFactors(b, { input, output, forget, candidate, entered, kept, bounded, said });
      return {
        states: [said, next],
        slices: [
          ...each.map((value, d) => ({ value, reverse: reversed[d]! })),
          ...[read, ...factors, input, output, candidate, bounded],
        ],
      };
    },
    gradient: lstmVjp,
  });
  const apart = sequences.slice(0, directions.length).map((said) => squeeze(b, said, [1]));
  const last = (state: Value) =>
    reshape(b, transpose(b, state, [2, 0, 1]), [x.type.shape[1]!, directions.length * units]);
  return { sequence: transpose(b, concat(b, apart, 1)), hidden: last(states[0]!), cell: last(states[1]!) };
}

/**
 * Gated recurrent units over x [steps, batch, features]: Cho et al. 2014, with the reset gate after the product, as in
 * cuDNN and PyTorch. Each direction has its own loop.
 * @throws ShapeError
 */
export function gru(b: Builder, x: Value, directions: readonly Direction[]): Recurrence {
  const units = unitsOf(x, directions, 3);
  return besideEachOther(
    b,
    directions.map((direction) => gruOneWay(b, x, direction, units)),
  );
}

/** Joins the results of layers with a loop each into those of one layer. */
export function besideEachOther(b: Builder, layers: readonly Recurrence[]): Recurrence {
  const all = (values: readonly Value[]) => concat(b, values, -1);
  return {
    sequence: all(layers.map(({ sequence }) => sequence)),
    hidden: all(layers.map(({ hidden }) => hidden)),
  };
}

function gruOneWay(
  b: Builder,
  x: Value,
  { weights: w, reverse = false, hidden }: Direction,
  units: number,
): Recurrence {
  const inputs = add(b, matMul(b, x, w.input), w.inputBias);
  const { states, sequences } = scan(b, {
    captured: w.hiddenBias ? [w.hidden, w.hiddenBias] : [w.hidden],
    states: [hidden ?? transpose(b, constantOf(b, x, 0, [units]))],
    sequences: [inputs],
    reverse,
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

function unitsOf(x: Value, directions: readonly Direction[], gates: number): number {
  const [first] = directions;
  if (!first) throw new ShapeError('a layer wants at least one direction; got none');
  const [units] = staticShape(first.weights.hidden.type.shape);
  const features = x.type.shape.at(-1);
  for (const {
    weights: { input, hidden },
  } of directions) {
    const fits = ({ type: { shape } }: Value, rows: Maybe<Dim>) => shape[0] === rows && shape[1] === gates * units!;
    if (x.type.shape.length !== 3 || !fits(input, features) || !fits(hidden, units))
      throw new ShapeError(
        `a layer of ${gates} gates wants [steps, batch, features], weights [features, ${gates}·units] and [units, ${gates}·units]; got ${[x, input, hidden].map(({ type }) => formatShape(type.shape)).join(', ')}`,
      );
  }
  return units!;
}

type Gates = [Value, Value, Value, Value];

/** An LSTM's weights for [hidden; input; 1]: [units + features + 1, 4 · units]. */
function rowsOf(b: Builder, { input, hidden, inputBias, hiddenBias }: RecurrentWeights): Value {
  const bias = hiddenBias ? add(b, inputBias, hiddenBias) : inputBias;
  return concat(b, [hidden, input, unsqueeze(b, bias, [0])], 0);
}

/** Stacks one value per direction, all of the same shape, along a new first axis. */
function stacked(b: Builder, directions: readonly Direction[], of: (one: Direction) => Value): Value {
  const values = directions.map((one) => unsqueeze(b, of(one), [0]));
  return concat(b, values, 0);
}

/** A constant [...shape, batch] for x [steps, batch, features]. The batch may be symbolic. */
function constantOf(b: Builder, x: Value, value: number, shape: readonly number[]): Value {
  const number = b.scalar(x.type.dtype, value);
  const batch = x.type.shape[1]!;
  if (typeof batch === 'number') return expand(b, number, [...shape, batch]);
  const known = b.constant(tensorFrom('int64', [shape.length], shape));
  const dims = concat(b, [known, slice(b, shapeOf(b, x), 0, 1, 2)], 0);
  return expandTo(b, number, [...shape, batch], dims);
}

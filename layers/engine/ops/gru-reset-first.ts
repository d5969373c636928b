import type { Builder, Value } from '../graph.ts';
import { staticShape } from '../type.ts';
import { sigmoid, tanh } from './activation.ts';
import { scan } from './control.ts';
import { add, mul, sub } from './elementwise.ts';
import { gather } from './indexing.ts';
import { split } from './join.ts';
import { gemm, matMul } from './linalg.ts';
import { zerosLike } from './movement.ts';
import { besideEachOther, type Direction, type Recurrence } from './recurrent.ts';

/**
 * Gated recurrent units as Cho et al. 2014 wrote them down, with the reset gate before the product: candidates are
 * tanh(W x + R (r ∘ h) + b). `gru` has it after; ONNX calls this one `linear_before_reset` of 0. Each direction goes
 * through a loop of its own.
 * @param x [steps, batch, features]
 * @throws ShapeError
 */
export function gruResetFirst(b: Builder, x: Value, directions: readonly Direction[]): Recurrence {
  return besideEachOther(
    b,
    directions.map((direction) => oneWay(b, x, direction)),
  );
}

function oneWay(b: Builder, x: Value, { weights: w, reverse = false, hidden }: Direction): Recurrence {
  const [units] = staticShape(w.hidden.type.shape) as [number];
  const bias = w.hiddenBias ? add(b, w.inputBias, w.hiddenBias) : w.inputBias;
  // The candidate's product waits for the reset gate, so that gates and candidate are two.
  const apart = (value: Value) => split(b, value, -1, [2 * units, units]) as readonly [Value, Value];
  const inputs = apart(add(b, matMul(b, x, w.input), bias));
  const { states, sequences } = scan(b, {
    captured: apart(w.hidden),
    states: [hidden ?? zerosLike(b, gather(b, inputs[1], b.scalar('int64', 0), 0))],
    sequences: inputs,
    reverse,
    body: (b, [ofGates, ofCandidate], [hidden], [gates, proposed]) => {
      const open = sigmoid(b, gemm(b, hidden!, ofGates!, gates!));
      const [update, reset] = split(b, open, 1, [units, units]) as readonly [Value, Value];
      const candidate = tanh(b, gemm(b, mul(b, reset, hidden!), ofCandidate!, proposed!));
      const next = add(b, candidate, mul(b, update, sub(b, hidden!, candidate)));
      return { states: [next], slices: [next, open, candidate] };
    },
  });
  return { sequence: sequences[0]!, hidden: states[0]! };
}

import type { Builder, Value } from '../graph.ts';
import { equal } from '../ops/compare.ts';
import { add, minimum, mul, reciprocal } from '../ops/elementwise.ts';
import { reduceSum } from '../ops/reduce.ts';
import { where } from '../ops/select.ts';
import { expectTensor, scalar, type Tensors } from '../tensor.ts';
import type { Values } from '../training/network.ts';
import { type Type, type } from '../type.ts';
import type { Precision } from './precision.ts';

/**
 * How the factor moves that keeps small gradients above the smallest number of float16. Powers of two cost no accuracy:
 * Micikevicius et al. 2018, section 3.2; the rules and defaults are those of PyTorch's GradScaler.
 */
export interface LossScaling {
  /** The first factor; 65536 if absent. */
  readonly initial?: number;
  /** Times this after `interval` steps in a row whose gradients were finite; 2 if absent. */
  readonly growth?: number;
  /** Times this after a step with an infinity or NaN among its gradients, which changes nothing else; 0.5 if absent. */
  readonly backoff?: number;
  /** 2000 if absent. */
  readonly interval?: number;
}

const DEFAULTS: Required<LossScaling> = { initial: 2 ** 16, growth: 2, backoff: 0.5, interval: 2000 };

/** What decides whether losses are scaled. */
export interface Scaled {
  readonly precision?: Precision;
  readonly lossScaling?: LossScaling;
}

/** The factor, a float32 scalar of the state. */
export const LOSS_SCALE = 'loss_scale';
/** How many steps since it moved, an int64 scalar of the state. */
const GOOD_STEPS = 'good_steps';

/** Beyond this a factor has no double. */
const LARGEST = 2 ** 127;

/** Float16 alone needs it: bfloat16 reaches as far down as float32. */
export function isScaled({ precision }: Scaled): boolean {
  return precision === 'float16';
}

function rulesOf({ lossScaling }: Scaled): Required<LossScaling> {
  return { ...DEFAULTS, ...lossScaling };
}

/** What the state has for it; nothing if losses are not scaled. */
export function scalingTypes(spec: Scaled): Readonly<Record<string, Type>> {
  return isScaled(spec) ? { [LOSS_SCALE]: type('float32', []), [GOOD_STEPS]: type('int64', []) } : {};
}

export function initialScaling(spec: Scaled): Tensors {
  if (!isScaled(spec)) return {};
  return { [LOSS_SCALE]: scalar('float32', rulesOf(spec).initial), [GOOD_STEPS]: scalar('int64', 0) };
}

/** The gradients of a loss from those of the loss times a factor. */
export function unscaled(b: Builder, gradients: Values, scale: Value): Values {
  const factor = reciprocal(b, scale);
  return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, mul(b, gradient, factor)]));
}

/** Whether no number among the values is infinite or NaN, a bool scalar: times 0, those alone do not become 0. */
export function allFinite(b: Builder, values: readonly Value[]): Value {
  const zeros = values.map((value) => reduceSum(b, mul(b, value, 0)));
  return equal(
    b,
    zeros.reduce((sum, zero) => add(b, sum, zero), b.scalar('float32', 0)),
    0,
  );
}

/** The state after a step: as it was before where a gradient was not finite, with a smaller factor. */
export function afterScaledStep(b: Builder, spec: Scaled, finite: Value, before: Values, after: Values): Values {
  const { growth, backoff, interval } = rulesOf(spec);
  const kept = Object.entries(after).map(([key, value]) => [key, where(b, finite, value, before[key]!)] as const);
  const [scale, good] = [before[LOSS_SCALE]!, add(b, before[GOOD_STEPS]!, 1)];
  const due = equal(b, good, interval);
  const grown = minimum(b, mul(b, scale, growth), LARGEST);
  return {
    ...Object.fromEntries(kept),
    [LOSS_SCALE]: where(b, finite, where(b, due, grown, scale), mul(b, scale, backoff)),
    [GOOD_STEPS]: where(b, finite, where(b, due, 0, good), 0),
  };
}

/**
 * The factor's part of the state after a step that was taken outside of a training, from that before.
 * @param finite whether all gradients were, once they had been reduced
 */
export function nextScaling(spec: Scaled, before: Tensors, finite: boolean): Tensors {
  const { growth, backoff, interval } = rulesOf(spec);
  const scale = expectTensor(LOSS_SCALE, before[LOSS_SCALE], 'float32').data[0]!;
  const good = Number(expectTensor(GOOD_STEPS, before[GOOD_STEPS], 'int64').data[0]) + 1;
  const after = (factor: number, steps: number) => ({
    [LOSS_SCALE]: scalar('float32', factor),
    [GOOD_STEPS]: scalar('int64', steps),
  });
  if (!finite) return after(scale * backoff, 0);
  return good === interval ? after(Math.min(scale * growth, LARGEST), 0) : after(scale, good);
}

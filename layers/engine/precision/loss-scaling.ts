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
 * The rules for the factor that keeps small gradients above the smallest number of float16. Powers of two cost no
 * accuracy: Micikevicius et al. 2018, section 3.2. Rules and defaults are those of PyTorch's GradScaler.
 */
export interface LossScaling {
  /** The initial factor. Default: 65536. */
  readonly initial?: number;
  /** The factor is multiplied by this after `interval` consecutive steps with finite gradients. Default: 2. */
  readonly growth?: number;
  /** It is multiplied by this after a step whose gradients are not finite, which changes nothing else. Default: 0.5. */
  readonly backoff?: number;
  /** Default: 2000. */
  readonly interval?: number;
}

const DEFAULTS: Required<LossScaling> = { initial: 2 ** 16, growth: 2, backoff: 0.5, interval: 2000 };

/** The part of a spec that decides whether losses are scaled. */
export interface Scaled {
  readonly precision?: Precision;
  readonly lossScaling?: LossScaling;
}

/** The factor, a float32 scalar of the state. */
export const LOSS_SCALE = 'loss_scale';
/** The number of steps since it last changed, an int64 scalar of the state. */
const GOOD_STEPS = 'good_steps';

/** A larger factor could not be doubled. */
const LARGEST = 2 ** 127;

/** Only float16 needs it. bfloat16 represents numbers as small as float32 does. */
export function isScaled({ precision }: Scaled): boolean {
  return precision === 'float16';
}

function rulesOf({ lossScaling }: Scaled): Required<LossScaling> {
  return { ...DEFAULTS, ...lossScaling };
}

/** The types of its entries in the state. Empty if losses are not scaled. */
export function scalingTypes(spec: Scaled): Readonly<Record<string, Type>> {
  return isScaled(spec) ? { [LOSS_SCALE]: type('float32', []), [GOOD_STEPS]: type('int64', []) } : {};
}

export function initialScaling(spec: Scaled): Tensors {
  if (!isScaled(spec)) return {};
  return { [LOSS_SCALE]: scalar('float32', rulesOf(spec).initial), [GOOD_STEPS]: scalar('int64', 0) };
}

/** Divides the gradients of a scaled loss by the factor. */
export function unscaled(b: Builder, gradients: Values, scale: Value): Values {
  const factor = reciprocal(b, scale);
  return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, mul(b, gradient, factor)]));
}

/** Whether all numbers are finite, a bool scalar. Only infinities and NaN do not become 0 when multiplied by 0. */
export function allFinite(b: Builder, values: readonly Value[]): Value {
  const zeros = values.map((value) => reduceSum(b, mul(b, value, 0)));
  return equal(
    b,
    zeros.reduce((sum, zero) => add(b, sum, zero), b.scalar('float32', 0)),
    0,
  );
}

/** The state after a step. If a gradient was not finite, it is the state before the step, with a smaller factor. */
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
 * The factor's part of the state after a step that was taken outside a training, given that from before.
 * @param finite whether all gradients were finite after they were reduced
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

import { z } from 'zod';
import { adam, adamw } from '#engine/optim/adam.ts';
import type { Optimizer } from '#engine/optim/optimizer.ts';
import { rmsprop } from '#engine/optim/rmsprop.ts';
import { sgd } from '#engine/optim/sgd.ts';

export const optimizerNames = ['adam', 'adamw', 'sgd', 'rmsprop'] as const;
export type OptimizerName = (typeof optimizerNames)[number];

/** A number between bounds, with the bounds and the value in the message. */
export function bounded(name: string, low: number, high: number, kind: 'integer' | 'number' = 'number') {
  const words =
    kind === 'integer' ? `must be an integer between ${low} and ${high}` : `must be between ${low} and ${high}`;
  const inside = (x: number) => x >= low && x <= high && (kind === 'number' || Number.isInteger(x));
  const message = (input: unknown) => `${name} ${words}; got ${print(input)}`;
  return z
    .number({ error: ({ input }) => message(input) })
    .refine(inside, { error: ({ input }) => message(input) })
    .meta({ minimum: low, maximum: high, ...(kind === 'integer' ? { type: 'integer' } : {}) });
}

/** One of several words, with all of them and the value in the message. */
export function oneOf<const W extends readonly [string, ...string[]]>(name: string, words: W) {
  return z.enum(words, { error: ({ input }) => `${name} must be one of ${words.join(', ')}; got ${print(input)}` });
}

function print(input: unknown): string {
  return typeof input === 'number' ? String(input) : (JSON.stringify(input) ?? String(input));
}

/** Hyperparameters that every family has, since the fit loop needs them. */
export const commonHyperparameters = {
  learning_rate: bounded('learning_rate', 1e-8, 1).default(0.001),
  batch_size: bounded('batch_size', 1, 65_536, 'integer').default(32),
  epochs: bounded('epochs', 1, 10_000, 'integer').default(50),
  optimizer: oneOf('optimizer', optimizerNames).default('adam'),
  /** Applies to weights, not to biases. */
  weight_decay: bounded('weight_decay', 0, 1).default(0),
  /** Of SGD. */
  momentum: bounded('momentum', 0, 0.999).default(0),
  /** What first weights, shuffles and dropout masks are drawn from. */
  seed: bounded('seed', 0, 2 ** 32 - 1, 'integer').default(0),
} as const;

export type CommonHyperparameters = z.output<z.ZodObject<typeof commonHyperparameters>>;

const optimizers: Readonly<Record<OptimizerName, (h: CommonHyperparameters) => Optimizer>> = {
  adam: (h) => adam({ learningRate: h.learning_rate, weightDecay: h.weight_decay }),
  adamw: (h) => adamw({ learningRate: h.learning_rate, weightDecay: h.weight_decay }),
  sgd: (h) => sgd({ learningRate: h.learning_rate, weightDecay: h.weight_decay, momentum: h.momentum }),
  rmsprop: (h) => rmsprop({ learningRate: h.learning_rate, weightDecay: h.weight_decay }),
};

/** The optimizer that the hyperparameters ask for. */
export function optimizerOf(h: CommonHyperparameters): Optimizer {
  return optimizers[h.optimizer](h);
}

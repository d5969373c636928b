import { z } from 'zod';
import { adam, adamw } from '#engine/optim/adam.ts';
import type { Optimizer } from '#engine/optim/optimizer.ts';
import { rmsprop } from '#engine/optim/rmsprop.ts';
import { sgd } from '#engine/optim/sgd.ts';

export const optimizerNames = ['adam', 'adamw', 'sgd', 'rmsprop'] as const;
export type OptimizerName = (typeof optimizerNames)[number];

/** A number between two bounds, both included. */
export function bounded(name: string, low: number, high: number) {
  return checked(name, `must be between ${low} and ${high}`, (x) => x >= low && x <= high).meta({
    minimum: low,
    maximum: high,
  });
}

/** An integer between two bounds, both included. */
export function boundedInteger(name: string, low: number, high: number) {
  const inside = (x: number) => Number.isInteger(x) && x >= low && x <= high;
  return checked(name, `must be an integer between ${low} and ${high}`, inside).meta({
    type: 'integer',
    minimum: low,
    maximum: high,
  });
}

/** At least 0 and below 1. */
export function fraction(name: string) {
  return checked(name, 'must be at least 0 and below 1', (x) => x >= 0 && x < 1).meta({
    minimum: 0,
    exclusiveMaximum: 1,
  });
}

/** A number that passes the test. Otherwise, the message says what it must be and what it was. */
export function checked(name: string, rule: string, inside: (x: number) => boolean) {
  const error = ({ input }: { input?: unknown }) => `${name} ${rule}; got ${print(input)}`;
  return z.number({ error }).refine(inside, { error });
}

/** One of several words. The message of a refusal has all of them, and the value. */
export function oneOf<const W extends readonly [string, ...string[]]>(name: string, words: W) {
  return z.enum(words, { error: ({ input }) => `${name} must be one of ${words.join(', ')}; got ${print(input)}` });
}

function print(input: unknown): string {
  return typeof input === 'number' ? String(input) : (JSON.stringify(input) ?? String(input));
}

/** The hyperparameters that every family has, because the fit loop needs them. */
export const commonHyperparameters = {
  learning_rate: bounded('learning_rate', 1e-12, 1).default(0.001),
  batch_size: boundedInteger('batch_size', 1, 65_536).default(32),
  epochs: boundedInteger('epochs', 1, 10_000).default(50),
  optimizer: oneOf('optimizer', optimizerNames).default('adam'),
  /** Applies to weights, not to biases. */
  weight_decay: bounded('weight_decay', 0, 1).default(0),
  /** For SGD only. */
  momentum: fraction('momentum').default(0),
  /** Determines the initial weights, the shuffles and the dropout masks. */
  seed: boundedInteger('seed', 0, 2 ** 32 - 1).default(0),
} as const;

export type CommonHyperparameters = z.output<z.ZodObject<typeof commonHyperparameters>>;

const optimizers: Readonly<Record<OptimizerName, (h: CommonHyperparameters) => Optimizer>> = {
  adam: (h) => adam({ learningRate: h.learning_rate, weightDecay: h.weight_decay }),
  adamw: (h) => adamw({ learningRate: h.learning_rate, weightDecay: h.weight_decay }),
  sgd: (h) => sgd({ learningRate: h.learning_rate, weightDecay: h.weight_decay, momentum: h.momentum }),
  rmsprop: (h) => rmsprop({ learningRate: h.learning_rate, weightDecay: h.weight_decay }),
};

/** The optimizer that the hyperparameters specify. */
export function optimizerOf(h: CommonHyperparameters): Optimizer {
  return optimizers[h.optimizer](h);
}

import type { z } from 'zod';
import type { Network } from '#engine/network.ts';

export type Task = 'classification' | 'regression';

/** The widths between which a network stands. */
export interface NetworkShape {
  /** Numbers in a row, after encoding. */
  readonly features: number;
  /** Classes, or regression values. */
  readonly outputs: number;
}

/** Hyperparameters that every family has, because the fit loop needs them. */
export interface CommonHyperparameters {
  readonly learning_rate: number;
  readonly batch_size: number;
  readonly epochs: number;
  readonly optimizer: 'adam' | 'adamw' | 'sgd' | 'rmsprop';
  readonly weight_decay: number;
  /** What the initial weights, the shuffles and the dropout masks are drawn from. */
  readonly seed: number;
}

/** A model family: what `model_type` names. */
export interface Family<H extends CommonHyperparameters = CommonHyperparameters> {
  /** The `model_type`. */
  readonly name: string;
  /** As people call it. */
  readonly label: string;
  readonly description: string;
  readonly tasks: readonly Task[];
  /** Defaults and bounds; unknown names are refused. */
  readonly hyperparameters: z.ZodType<H>;
  network(shape: NetworkShape, hyperparameters: H): Network;
  /** Multiply-adds counted twice, for the forward pass of one row. */
  flopsPerRow(shape: NetworkShape, hyperparameters: H): number;
}

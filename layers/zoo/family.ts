import type { z } from 'zod';
import type { Network } from '#engine/training/network.ts';
import type { CommonHyperparameters } from './hyperparameters.ts';

export type { CommonHyperparameters };

export type Task = 'classification' | 'regression';

/** The widths between which a network stands. */
export interface NetworkShape {
  /** Numbers in a row, after encoding. */
  readonly features: number;
  /** Classes, or regression values. */
  readonly outputs: number;
}

/** A model family: what a `model_type` names. Hyperparameters of every family include the common ones. */
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
  /** Floating-point operations of the forward pass of one row; a multiply-add counts as two. */
  flopsPerRow(shape: NetworkShape, hyperparameters: H): number;
}

import type { z } from 'zod';
import type { Network } from '#engine/training/network.ts';
import type { CommonHyperparameters } from './hyperparameters.ts';
import type { TorchModule } from './torch-module.ts';

export type { CommonHyperparameters };

export type Task = 'classification' | 'regression';

/** A network's input and output widths. */
export interface NetworkShape {
  /** The width of an encoded row. */
  readonly features: number;
  /** The number of classes, or of regression values. */
  readonly outputs: number;
}

/** A model family, which a `model_type` names. The hyperparameters of every family include the common ones. */
export interface Family<H extends CommonHyperparameters = CommonHyperparameters> {
  /** The `model_type`. */
  readonly name: string;
  /** Its name for people. */
  readonly label: string;
  readonly description: string;
  readonly tasks: readonly Task[];
  /** Defaults and bounds; unknown names are refused. */
  readonly hyperparameters: z.ZodType<H>;
  network(shape: NetworkShape, hyperparameters: H): Network;
  /** Floating-point operations of the forward pass of one row; a multiply-add counts as two. */
  flopsPerRow(shape: NetworkShape, hyperparameters: H): number;
  /** What its models look like in PyTorch. Without it they have no files for PyTorch. */
  torchModule?(shape: NetworkShape, hyperparameters: H): TorchModule;
}

import type { z } from 'zod';
import type { Loss } from '#engine/training/loss-type.ts';
import type { Network } from '#engine/training/network.ts';
import type { CommonHyperparameters } from './hyperparameters.ts';
import type { TorchModule } from './torch-module.ts';

export type { CommonHyperparameters };

export type Task = 'classification' | 'regression' | 'multilabel';

/** The kinds of data; those of `DatasetProfile`. */
export type KindName = 'table' | 'text' | 'image' | 'series';

/** What a family asks of a kind's rows, by its hyperparameters. What it does not ask for is as the data are. */
export interface Wanted {
  readonly image?: {
    /** Pixels of each side. */
    readonly size?: number | undefined;
    readonly channels?: number | undefined;
  };
  readonly series?: {
    /** Consecutive rows of a window. */
    readonly steps: number;
    /** How many rows after the window's last one the target is. */
    readonly horizon: number;
  };
  readonly text?: {
    /** That are read of a text, from its beginning. */
    readonly words: number;
  };
  readonly table?: {
    /** A category with more values than this is a code, and not one-hot: the network has a vector for each. */
    readonly embedAbove: number;
  };
}

/** `undefined`: there is no such tensor. */
export type StartingShapes = (name: string) => readonly number[] | undefined;

/** What a network takes and gives. */
export interface NetworkShape {
  /** A row of its input: [features], [channels, height, width] or [steps, features]. */
  readonly input: readonly number[];
  /** The number of classes, or of regression values. */
  readonly outputs: number;
  /** The names of the features that are one number each. Those are the first of the input's last axis. */
  readonly numbers?: readonly string[];
  /**
   * The numbers of codes of the categories that are one code each. Those are the last of the input's last axis; the last
   * code of each stands for a value that the training rows have not.
   */
  readonly codes?: readonly number[];
}

/** A model family, which a `model_type` names. The hyperparameters of every family include the common ones. */
export interface Family<H extends CommonHyperparameters = CommonHyperparameters> {
  /** The `model_type`. */
  readonly name: string;
  /** Its name for people. */
  readonly label: string;
  readonly description: string;
  readonly tasks: readonly Task[];
  /** The kinds of data that it takes, the one that it takes best first. */
  readonly kinds: readonly KindName[];
  /** Defaults and bounds; unknown names are refused. */
  readonly hyperparameters: z.ZodType<H>;
  /**
   * Default: nothing.
   * @param start the shapes of the weights that a training starts from, by their names in files. Default: there are none
   */
  wanted?(hyperparameters: H, start?: StartingShapes): Wanted;
  /** Features that must be among the `numbers`, and the hyperparameter that names each. Default: none. */
  needs?(hyperparameters: H): Readonly<Record<string, string>>;
  /** Its outputs may be more than those of the shape, for its own loss; the first are the answers. */
  network(shape: NetworkShape, hyperparameters: H): Network;
  /** What weight decay `auto` is, times the number of training rows. Default: 1. */
  decay?(task: Task, outputs: number): number;
  /** A loss of its own. Default: that of the task. */
  loss?(task: Task, hyperparameters: H): Loss;
  /** Floating-point operations of the forward pass of one row; a multiply-add counts as two. */
  flopsPerRow(shape: NetworkShape, hyperparameters: H): number;
  /** What its models look like in PyTorch. Without it they have no files for PyTorch. */
  torchModule?(shape: NetworkShape, hyperparameters: H): TorchModule;
}

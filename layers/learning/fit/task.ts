/** What is to be learned: encoded rows, and how predictions of their targets are scored. */

import type { Task } from '#domain/datasets/profile.ts';
import { binaryCrossEntropy, type Loss, softmaxCrossEntropy, squaredError } from '#engine/training/loss.ts';
import type { Network } from '#engine/training/network.ts';
import type { Objective } from '#engine/training/objective.ts';
import { type Type, type } from '#engine/type.ts';
import type { NetworkShape } from '#zoo/family.ts';
import type { Calibration } from '../assess/calibration.ts';
import type { Encoding } from '../encoding.ts';
import type { TargetScale } from '../table/target.ts';
import type { EncodedRows } from './rows.ts';

/** How a network's outputs are read. */
export interface Answers {
  readonly task: Task;
  /** In the order of the network's outputs. Empty for a regression. */
  readonly classes: readonly string[];
  readonly scale: TargetScale;
  /** Chosen after the fit. Default: none. */
  readonly calibration?: Calibration;
}

/** What is known from the training rows before the network learns anything. */
export interface Preparation extends Answers {
  readonly encoding: Encoding;
}

export interface EncodedData {
  readonly training: EncodedRows;
  /** Absent if there are no validation rows. */
  readonly validation?: EncodedRows;
  /** Only evaluated, once, at the end. Absent if there are no rows for a test. */
  readonly test?: EncodedRows;
}

interface Rules {
  readonly loss: Loss;
  readonly target: (classes: readonly string[]) => Type;
  readonly outputs: (classes: readonly string[]) => number;
}

const rules: Readonly<Record<Task, Rules>> = {
  classification: {
    loss: softmaxCrossEntropy,
    target: () => type('int32', ['rows']),
    outputs: (classes) => classes.length,
  },
  regression: { loss: squaredError, target: () => type('float32', ['rows', 1]), outputs: () => 1 },
  multilabel: {
    loss: binaryCrossEntropy,
    target: (classes) => type('float32', ['rows', classes.length]),
    outputs: (classes) => classes.length,
  },
};

/** What the network takes and gives. */
export const shapeOf = ({ encoding, task, classes }: Preparation): NetworkShape => ({
  input: encoding.shape,
  outputs: rules[task].outputs(classes),
  ...(encoding.numbers ? { numbers: encoding.numbers } : {}),
  ...(encoding.codes ? { codes: encoding.codes } : {}),
});

/** The type of the targets. @param classes what a row may have several of, for `multilabel` */
export const targetType = (task: Task, classes: readonly string[] = []): Type => rules[task].target(classes);

/** @param loss default: that of the task */
export function objectiveOf(
  { encoding, task, classes }: Preparation,
  network: Network,
  loss = rules[task].loss,
): Objective {
  return {
    data: { ...encoding.types, y: targetType(task, classes) },
    target: 'y',
    front: (b, rows) => encoding.front(b, rows),
    network,
    loss,
  };
}

/** What is to be learned: encoded rows, and how predictions of their targets are scored. */

import type { Task } from '#domain/datasets/profile.ts';
import { type Loss, softmaxCrossEntropy, squaredError } from '#engine/training/loss.ts';
import type { Network } from '#engine/training/network.ts';
import type { Objective } from '#engine/training/objective.ts';
import { type Type, type } from '#engine/type.ts';
import { type Encoder, widthOf } from '../tabular/encoder.ts';
import { encodedTypes, features } from '../tabular/front.ts';
import type { TargetScale } from '../tabular/target.ts';
import type { EncodedRows } from './rows.ts';

/** How a network's outputs are read. */
export interface Answers {
  readonly task: Task;
  /** In the order of the network's outputs. Empty for a regression. */
  readonly classes: readonly string[];
  readonly scale: TargetScale;
}

/** What is known from the training rows before the network learns anything. */
export interface Preparation extends Answers {
  readonly encoder: Encoder;
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
  readonly target: Type;
  readonly outputs: (classes: readonly string[]) => number;
}

const rules: Readonly<Record<Task, Rules>> = {
  classification: { loss: softmaxCrossEntropy, target: type('int32', ['rows']), outputs: (classes) => classes.length },
  regression: { loss: squaredError, target: type('float32', ['rows', 1]), outputs: () => 1 },
};

/** The network's input and output widths. */
export const shapeOf = ({ encoder, task, classes }: Preparation) => ({
  features: widthOf(encoder),
  outputs: rules[task].outputs(classes),
});

/** The type of the targets. */
export const targetType = (task: Task): Type => rules[task].target;

export function objectiveOf({ encoder, task }: Preparation, network: Network): Objective {
  const { loss, target } = rules[task];
  return {
    data: { ...encodedTypes(encoder), y: target },
    target: 'y',
    front: (b, rows) => features(b, encoder, rows),
    network,
    loss,
  };
}

import { readFileSync } from 'node:fs';
import { adamw } from '#engine/optim/adam.ts';
import { lion } from '#engine/optim/lion.ts';
import { rmsprop } from '#engine/optim/rmsprop.ts';
import { cosineWithWarmup, stepDecay } from '#engine/optim/schedule.ts';
import { sgd } from '#engine/optim/sgd.ts';
import { zeros } from '#engine/random.ts';
import type { Objective } from '#engine/training/objective.ts';
import type { TrainSpec } from '#engine/training/train-spec.ts';
import type { Type } from '#engine/type.ts';
import { encoder, resnet50 } from '../../../bench/engine/models/large.ts';
import type { BenchModel } from '../../../bench/engine/models/model.ts';
import { convolutional, deepHpm, lstm, perceptron } from '../../../bench/engine/models/small.ts';
import { models as goldenModels } from '../../golden/models.ts';

type Objectives = Readonly<Record<string, Objective & { readonly rows: number }>>;

function ofBench({ network, loss, batch, input, target, classes }: BenchModel): Objectives[string] {
  const y: Type =
    classes === undefined ? { dtype: 'float32', shape: ['rows', ...target!] } : { dtype: 'int64', shape: ['rows'] };
  return { data: { x: { dtype: 'float32', shape: ['rows', ...input] }, y }, target: 'y', network, loss, rows: batch };
}

type Plains = Readonly<Record<string, { readonly shape: number[] }>>;

function ofGolden(name: string): Objectives[string] {
  const { forward, loss } = goldenModels[name]!;
  const path = new URL(`../../fixtures/golden/${name}.json`, import.meta.url);
  const { data, parameters, buffers }: Record<'data' | 'parameters' | 'buffers', Plains> = JSON.parse(
    readFileSync(path, 'utf8'),
  );
  const type = (key: string): Type => ({
    dtype: key === 'y' && loss.correct ? 'int64' : 'float32',
    shape: data[key]!.shape,
  });
  return {
    data: { x: type('x'), y: type('y') },
    target: 'y',
    loss,
    network: {
      parameters: Object.entries({ ...parameters, ...buffers }).map(([key, { shape }]) => ({
        name: key,
        shape,
        initializer: zeros,
        decay: true,
        trainable: key in parameters,
      })),
      forward,
    },
    rows: data.x!.shape[0]!,
  };
}

/** Every model that is measured, and every model that is compared with PyTorch. */
export const objectives: Objectives = {
  ...Object.fromEntries(
    [perceptron, convolutional, lstm, deepHpm, encoder(2), resnet50].map((model) => [model.name, ofBench(model)]),
  ),
  ...Object.fromEntries(Object.keys(goldenModels).map((name) => [`golden ${name}`, ofGolden(name)])),
};

/** Optimizers with all that goes into a step beside them. */
export const variants: Readonly<Record<string, (rows: number) => Omit<TrainSpec, keyof Objective>>> = {
  adamw: (rows) => ({
    optimizer: adamw({ learningRate: 0.01 }),
    schedule: cosineWithWarmup(10, 100),
    clipNorm: 1,
    averaging: 0.99,
    batchSize: rows,
    seed: 1,
  }),
  'momentum, accumulated': (rows) => ({
    optimizer: sgd({ learningRate: 0.01, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
    schedule: stepDecay(10, 0.5),
    accumulation: rows,
    batchSize: rows,
    seed: 1,
  }),
  rmsprop: (rows) => ({ optimizer: rmsprop({ learningRate: 0.01 }), reduction: 'sum', batchSize: rows, seed: 1 }),
  lion: (rows) => ({ optimizer: lion({ learningRate: 0.01, weightDecay: 0.1 }), batchSize: rows, seed: 1 }),
};

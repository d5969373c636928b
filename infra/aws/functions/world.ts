/** The parts of an installation that the environments and roles of functions refer to. */
import type { EventBus } from 'aws-cdk-lib/aws-events';
import type { Code, ILayerVersion } from 'aws-cdk-lib/aws-lambda';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { QueueName } from '#domain/ports/queue/port.ts';
import { type FunctionName, trainer } from '#infra/topology.ts';
import type { DataStack } from '../data/stack.ts';
import { type Installation, prefixOf } from '../scope.ts';

/** The functions' code: bundles, or a placeholder if only the template matters. */
export interface Programs {
  readonly codeOf: (name: FunctionName) => Code;
  /** The layer with ONNX Runtime, made for each stack. */
  readonly runtime: () => Code;
  /** Likewise that with libraries. */
  readonly libraries: () => Code;
}

/** The names of Batch's parts, chosen here so that no stack depends on the training stack. */
export interface BatchNames {
  readonly queue: string;
  readonly definition: string;
}
export type Device = 'cpu' | 'gpu';

/**
 * By device; without Batch, none. A queue that was created without a fair-share policy cannot get one, so the queues that
 * have one have other names.
 */
export function batchNames(installation: Installation): Readonly<Partial<Record<Device, BatchNames>>> {
  const { batch, gpu } = installation.settings;
  const devices: readonly Device[] = batch ? (gpu ? ['cpu', 'gpu'] : ['cpu']) : [];
  const prefix = prefixOf(installation);
  return Object.fromEntries(
    devices.map((device) => [device, { queue: `${prefix}-fair-${device}`, definition: `${prefix}-trainer-${device}` }]),
  );
}

/** The function that runs small jobs, named here for the same reason. */
export const trainingFunctionName = (installation: Installation): string =>
  `${prefixOf(installation)}-${trainer.function}`;

export interface World {
  readonly installation: Installation;
  readonly data: Pick<DataStack, 'keys' | 'table' | 'buckets' | 'bootstrap'>;
  readonly queues: Readonly<Record<QueueName, IQueue & { readonly dead: IQueue }>>;
  readonly bus: EventBus;
  readonly programs: Programs;
  readonly alarms: Topic;
  /** Of the stack that the function is in. */
  readonly runtime: ILayerVersion;
  readonly libraries: ILayerVersion;
}

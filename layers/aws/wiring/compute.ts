import type { ComputeContext } from '#aws/compute/compute.ts';
import { lazily } from './lazily.ts';
import type { Part } from './part.ts';
import type { Variables } from './variables.ts';

export const compute: Part = ({ variables, options, table, now }) => {
  const { TRAINYARD_TRAINING_FUNCTION: trainingFunction } = variables;
  const context = {
    table: table(),
    now,
    containers: containersOf(variables),
    ...(trainingFunction === undefined ? {} : { trainingFunction }),
  };
  return {
    compute: lazily(async () => (await import('../compute/open.ts')).openCompute(options, context)),
  };
};

function containersOf(variables: Variables): ComputeContext['containers'] {
  const place = (queue: string | undefined, definition: string | undefined) =>
    queue === undefined || definition === undefined ? undefined : { queue, definition };
  const cpu = place(variables.TRAINYARD_BATCH_QUEUE_CPU, variables.TRAINYARD_BATCH_DEFINITION_CPU);
  const gpu = place(variables.TRAINYARD_BATCH_QUEUE_GPU, variables.TRAINYARD_BATCH_DEFINITION_GPU);
  return { ...(cpu && { cpu }), ...(gpu && { gpu }) };
}

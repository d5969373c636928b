/** The whole deployment as a CDK app: five stacks of one stage. */
import { type App, Tags } from 'aws-cdk-lib';
import type { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { FunctionName } from '#infra/topology.ts';
import { ApiStack } from './api/stack.ts';
import { DataStack } from './data/stack.ts';
import { EventsStack } from './events/stack.ts';
import type { TrainyardFunction } from './functions/function.ts';
import type { Programs } from './functions/world.ts';
import { ObservabilityStack } from './observability/stack.ts';
import { type Installation, prefixOf } from './scope.ts';
import { TrainingStack } from './training/stack.ts';

export interface Deployment {
  readonly data: DataStack;
  readonly events: EventsStack;
  readonly api: ApiStack;
  /** Absent without containers. */
  readonly training: TrainingStack | undefined;
  readonly observability: ObservabilityStack;
}

export interface DeploymentProps {
  readonly app: App;
  readonly installation: Installation;
  readonly programs: Programs;
  /** Of the trainer; without one there are no containers. */
  readonly image: ContainerImage | undefined;
}

export function makeApp({ app, installation, programs, image }: DeploymentProps): Deployment {
  const { stage, settings } = installation;
  const prefix = prefixOf(installation);
  const common = { installation, terminationProtection: settings.removal === 'retain' };
  const about = (what: string) => ({ ...common, description: `Trainyard (${stage}): ${what}` });

  const data = new DataStack(app, `${prefix}-data`, about('table, buckets and keys'));
  const events = new EventsStack(app, `${prefix}-events`, { ...about('bus, queues, schedules'), data, programs });
  const { world } = events;
  const api = new ApiStack(app, `${prefix}-api`, { ...about('HTTP'), world });
  const training = image && new TrainingStack(app, `${prefix}-training`, { ...about('containers'), world, image });
  const functions = new Map<FunctionName, TrainyardFunction>([
    ...events.functions,
    ...api.functions,
    ...(training?.functions ?? []),
  ]);
  const observability = new ObservabilityStack(app, `${prefix}-observability`, {
    ...about('dashboard and alarms'),
    events,
    api,
    functions,
  });
  Tags.of(app).add('trainyard', stage);
  return { data, events, api, training, observability };
}

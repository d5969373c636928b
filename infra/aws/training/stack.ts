import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { type FunctionName, functions, rules, trainer } from '#infra/topology.ts';
import { acknowledge } from '../acknowledge.ts';
import { Asynchronous } from '../events/asynchronous.ts';
import { DeadLetters } from '../events/dead-letters.ts';
import { EventRule } from '../events/event-rule.ts';
import { environmentOf } from '../functions/environment.ts';
import { TrainyardFunction } from '../functions/function.ts';
import { statementsOf } from '../functions/permissions.ts';
import { explainWildcards } from '../functions/wildcards.ts';
import { batchNames, type Device, type World } from '../functions/world.ts';
import { removalOf, retentionOf } from '../scope.ts';
import { Machines } from './machines.ts';
import { Network } from './network.ts';
import { Trainer } from './trainer.ts';

const AUTHORIZATION = 'ECR hands out its login for all repositories of an account at once.';

/** Training in containers, for jobs that are too long for a function, and the consumer of Batch's events. */
export class TrainingStack extends Stack {
  readonly functions: ReadonlyMap<FunctionName, TrainyardFunction>;

  constructor(
    scope: Construct,
    id: string,
    props: StackProps & { readonly world: World; readonly image: ContainerImage },
  ) {
    super(scope, id, props);
    const { world, image } = props;
    const { installation } = world;
    const network = new Network(this, 'Network', installation);
    const logs = new LogGroup(this, 'TrainerLogs', {
      retention: retentionOf(installation),
      removalPolicy: removalOf(installation),
    });
    const role = this.#trainerRole(world);
    const devices = Object.entries(batchNames(installation)) as [Device, { queue: string; definition: string }][];
    const queues = devices.map(([device, names]) => {
      const trainerOf = new Trainer(this, `Trainer${device}`, {
        device,
        name: names.definition,
        image,
        role,
        logs,
        // Lambda sets the region for its functions; Batch does not for its containers.
        environment: { ...environmentOf(world, device), AWS_REGION: this.region },
        timeout: Duration.hours(installation.settings.trainingHours),
      });
      acknowledge(trainerOf, { 'AwsSolutions-IAM5[Resource::*]': AUTHORIZATION });
      const machines = new Machines(this, `Machines${device}`, {
        device,
        queueName: names.queue,
        installation,
        network,
      });
      new CfnOutput(this, `Queue${device}`, { value: machines.queue.jobQueueName });
      return machines.queue.jobQueueArn;
    });
    this.functions = this.#listeners(world, queues);
  }

  /** The same permissions as the training function. */
  #trainerRole(world: World): Role {
    const { uses } = functions[trainer.function];
    const role = new Role(this, 'TrainerRole', {
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
      description: 'What a trainer may do',
    });
    for (const statement of statementsOf(this, uses, world)) role.addToPolicy(statement);
    explainWildcards(role, uses, world);
    return role;
  }

  /** Batch publishes every state change of every job to the default bus; these rules select the ends of our jobs. */
  #listeners(world: World, jobQueue: readonly string[]): ReadonlyMap<FunctionName, TrainyardFunction> {
    const { installation, alarms } = world;
    const made = new Map<FunctionName, TrainyardFunction>();
    for (const { source, types, target } of rules.filter((rule) => rule.source === 'aws.batch')) {
      const one = new TrainyardFunction(this, target, { name: target, world });
      const dead = new DeadLetters(this, `${target}Dead`, { installation, of: `calls of ${target}`, alarms });
      new Asynchronous(this, `${target}Calls`, { target: one, dead, retries: 2 });
      const detail = { status: ['SUCCEEDED', 'FAILED'], jobQueue: [...jobQueue] };
      const pattern = { source: [source!], detailType: [...types], detail };
      new EventRule(this, `${target}Rule`, { pattern, target: one, dead });
      made.set(target, one);
    }
    return made;
  }
}

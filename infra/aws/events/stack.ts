import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import type { QueueName } from '#domain/ports/queue/port.ts';
import { type FunctionName, queues, rules, schedules, trainer } from '#infra/topology.ts';
import type { DataStack } from '../data/stack.ts';
import { TrainyardFunction } from '../functions/function.ts';
import { Layer } from '../functions/layer.ts';
import { type Programs, trainingFunctionName, type World } from '../functions/world.ts';
import { type Installation, prefixOf } from '../scope.ts';
import { AlarmsTopic } from './alarms-topic.ts';
import { Asynchronous } from './asynchronous.ts';
import { Consumer } from './consumer.ts';
import { DeadLetters } from './dead-letters.ts';
import { EventRule, ofTypes } from './event-rule.ts';
import { Schedule } from './schedule.ts';
import { WorkQueue } from './work-queue.ts';

export interface EventsStackProps extends StackProps {
  readonly installation: Installation;
  readonly data: DataStack;
  readonly programs: Programs;
}

/** The asynchronous part: the bus, queues and schedules, and the functions that they call. */
export class EventsStack extends Stack {
  readonly alarms: AlarmsTopic;
  readonly bus: EventBus;
  readonly queues: Readonly<Record<QueueName, WorkQueue>>;
  readonly world: World;
  readonly functions: ReadonlyMap<FunctionName, TrainyardFunction>;

  constructor(scope: Construct, id: string, props: EventsStackProps) {
    super(scope, id, props);
    const { installation, data, programs } = props;
    this.alarms = new AlarmsTopic(this, 'Alarms', installation, data.keys.storage);
    this.bus = new EventBus(this, 'Bus', { eventBusName: prefixOf(installation) });
    const names = Object.keys(queues) as QueueName[];
    this.queues = Object.fromEntries(
      names.map((name) => [name, new WorkQueue(this, `Queue${name}`, name, installation, this.alarms)]),
    ) as Record<QueueName, WorkQueue>;
    this.world = {
      installation,
      data,
      queues: this.queues,
      bus: this.bus,
      programs,
      alarms: this.alarms,
      runtime: new Layer(this, 'Runtime', { installation, code: programs.runtime }),
      libraries: new Layer(this, 'Libraries', { installation, code: programs.libraries }),
    };

    const made = new Map<FunctionName, TrainyardFunction>();
    const functionOf = (name: FunctionName): TrainyardFunction => {
      const one = made.get(name) ?? new TrainyardFunction(this, name, { name, world: this.world });
      made.set(name, one);
      return one;
    };
    this.functions = made;
    made.set(trainer.function, this.#trainingFunction());
    for (const name of names) {
      const target = functionOf(queues[name].consumer);
      new Consumer(this, `Consumer${name}`, { name, queue: this.queues[name], target, installation });
    }
    const ours = rules.filter((rule) => rule.source === undefined);
    for (const target of new Set([...ours, ...schedules].map((caller) => caller.target))) {
      const one = functionOf(target);
      const dead = this.#callsOf(one, target, 2);
      const types = ours.filter((rule) => rule.target === target).flatMap((rule) => rule.types);
      if (types.length > 0) {
        new EventRule(this, `${target}Rule`, { bus: this.bus, pattern: ofTypes(types), target: one, dead });
      }
      for (const [index, schedule] of schedules.filter((caller) => caller.target === target).entries()) {
        new Schedule(this, `${target}Schedule${index || ''}`, schedule, one, dead);
      }
    }
    // Lambda must not retry a failed training: it gets another attempt, if any.
    this.#callsOf(functionOf(trainer.function), trainer.function, 0);
    new CfnOutput(this, 'BusName', { value: this.bus.eventBusName });
    new CfnOutput(this, 'AlarmsTopic', { value: this.alarms.topicArn });
  }

  /** Compute invokes it by a name that must be known in advance. */
  #trainingFunction(): TrainyardFunction {
    const functionName = trainingFunctionName(this.world.installation);
    return new TrainyardFunction(this, trainer.function, { name: trainer.function, world: this.world, functionName });
  }

  #callsOf(target: TrainyardFunction, name: FunctionName, retries: 0 | 2): DeadLetters {
    const { installation, alarms } = this.world;
    const dead = new DeadLetters(this, `${name}Dead`, { installation, of: `calls of ${name}`, alarms });
    new Asynchronous(this, `${name}Calls`, { target, dead, retries });
    return dead;
  }
}

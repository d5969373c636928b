import { Duration } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { QueueName } from '#domain/ports/queue/port.ts';
import { queues } from '#infra/topology.ts';
import { type Installation, removalOf } from '../scope.ts';
import { DeadLetters } from './dead-letters.ts';

/** A queue of the topology with its dead-letter queue. */
export class WorkQueue extends Queue {
  readonly dead: DeadLetters;

  constructor(scope: Construct, id: string, name: QueueName, installation: Installation, alarms: ITopic) {
    const { visibilitySeconds, maxReceives } = queues[name];
    const dead = new DeadLetters(scope, `${id}Dead`, { installation, of: `messages of queue ${name}`, alarms });
    super(scope, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: Duration.seconds(visibilitySeconds),
      retentionPeriod: Duration.days(14),
      deadLetterQueue: { queue: dead, maxReceiveCount: maxReceives },
      removalPolicy: removalOf(installation),
    });
    this.dead = dead;
  }
}

import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { QueueName } from '#domain/ports/queue/port.ts';
import { queues } from '#infra/topology.ts';
import type { TrainyardFunction } from '../functions/function.ts';
import type { Installation } from '../scope.ts';
import type { WorkQueue } from './work-queue.ts';

const RECEIVE = ['ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility', 'GetQueueAttributes'];

/** Delivers a queue's messages to its consumer; only those that the consumer reports as failed are redelivered. */
export class Consumer extends EventSourceMapping {
  constructor(
    scope: Construct,
    id: string,
    props: {
      readonly name: QueueName;
      readonly queue: WorkQueue;
      readonly target: TrainyardFunction;
      readonly installation: Installation;
    },
  ) {
    const { name, queue, target, installation } = props;
    super(scope, id, {
      target,
      eventSourceArn: queue.queueArn,
      batchSize: queues[name].batchSize,
      maxBatchingWindow: Duration.seconds(queues[name].windowSeconds ?? 0),
      reportBatchItemFailures: true,
      maxConcurrency: installation.settings.consumers[name],
    });
    target.role!.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'Receive',
        actions: RECEIVE.map((action) => `sqs:${action}`),
        resources: [queue.queueArn],
      }),
    );
    target.role!.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'DeadLetterMessages',
        actions: ['sqs:SendMessage'],
        resources: [queue.dead.queueArn],
      }),
    );
    // Lambda checks the permissions when the mapping is created.
    this.node.addDependency(target.role!);
  }
}

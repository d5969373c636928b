import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnEventInvokeConfig } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { TrainyardFunction } from '../functions/function.ts';
import type { DeadLetters } from './dead-letters.ts';

/** An event that could not be handled for so long is dead-lettered. */
const MAXIMUM_AGE = Duration.hours(6);

/**
 * For a function that is invoked asynchronously: how often Lambda retries it, and the dead-letter queue that gets the
 * payload, with the error, when the last retry fails.
 */
export class Asynchronous extends CfnEventInvokeConfig {
  constructor(
    scope: Construct,
    id: string,
    props: { readonly target: TrainyardFunction; readonly dead: DeadLetters; readonly retries: 0 | 1 | 2 },
  ) {
    const { target, dead, retries } = props;
    super(scope, id, {
      functionName: target.functionName,
      qualifier: '$LATEST',
      maximumRetryAttempts: retries,
      maximumEventAgeInSeconds: MAXIMUM_AGE.toSeconds(),
      destinationConfig: { onFailure: { destination: dead.queueArn } },
    });
    target.role!.addToPrincipalPolicy(
      new PolicyStatement({ sid: 'DeadLetterCalls', actions: ['sqs:SendMessage'], resources: [dead.queueArn] }),
    );
    // Lambda checks that the role may send to the queue.
    this.node.addDependency(target.role!);
  }
}

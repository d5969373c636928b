import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnEventInvokeConfig } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { TrainyardFunction } from '../functions/function.ts';
import type { DeadLetters } from './dead-letters.ts';

/** An event that could not be handled for so long is given up. */
const MAXIMUM_AGE = Duration.hours(6);

/**
 * For a function that is called without waiting for its answer: how often Lambda runs it again when it fails, and that
 * what it was called with ends in the dead-letter queue, with the error, when it still fails.
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
      new PolicyStatement({ sid: 'GiveUp', actions: ['sqs:SendMessage'], resources: [dead.queueArn] }),
    );
    // Lambda looks whether the role may write there.
    this.node.addDependency(target.role!);
  }
}

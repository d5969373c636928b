import { Duration, Stack } from 'aws-cdk-lib';
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { Schedule as ScheduleSpec } from '#infra/topology.ts';
import type { DeadLetters } from './dead-letters.ts';

/** A run that could not be started for so long is skipped: the next one comes anyway. */
const MAXIMUM_AGE = Duration.minutes(15);

/** EventBridge Scheduler's `rate(…)`, in whole minutes. */
function rateOf({ everySeconds }: ScheduleSpec): string {
  if (everySeconds < 60 || everySeconds % 60 !== 0) {
    throw new RangeError(`everySeconds must be a multiple of 60; got ${everySeconds}`);
  }
  return everySeconds === 60 ? 'rate(1 minute)' : `rate(${everySeconds / 60} minutes)`;
}

/** A schedule of the topology, with a role that may do nothing but call its function. */
export class Schedule extends Construct {
  constructor(scope: Construct, id: string, spec: ScheduleSpec, target: IFunction, dead: DeadLetters) {
    super(scope, id);
    const allow = (sid: string, action: string, resource: string) =>
      new PolicyStatement({ sid, effect: Effect.ALLOW, actions: [action], resources: [resource] });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      inlinePolicies: {
        call: new PolicyDocument({
          statements: [
            allow('Call', 'lambda:InvokeFunction', target.functionArn),
            allow('DeadLetterCalls', 'sqs:SendMessage', dead.queueArn),
          ],
        }),
      },
    });
    new CfnSchedule(this, 'Schedule', {
      scheduleExpression: rateOf(spec),
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: target.functionArn,
        roleArn: role.roleArn,
        input: JSON.stringify({ schedule: spec.target }),
        retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: MAXIMUM_AGE.toSeconds() },
        deadLetterConfig: { arn: dead.queueArn },
      },
    });
  }
}

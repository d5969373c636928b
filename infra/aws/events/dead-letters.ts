import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import { type Installation, removalOf } from '../scope.ts';

export interface DeadLettersProps {
  readonly installation: Installation;
  /** What is dead-lettered here, for the alarm's message. */
  readonly of: string;
  readonly alarms: ITopic;
}

/**
 * A dead-letter queue with a retention of two weeks, and an alarm for each new message. Messages contain only ids, so SQS's own encryption
 * will do; with a key of ours no other AWS service could deliver here.
 */
export class DeadLetters extends Queue {
  readonly alarm: Alarm;

  constructor(scope: Construct, id: string, { installation, of, alarms }: DeadLettersProps) {
    super(scope, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: removalOf(installation),
    });
    acknowledge(this, { 'AwsSolutions-SQS3': 'It is a dead-letter queue itself.' });
    this.alarm = new Alarm(this, 'Alarm', {
      alarmDescription: `Something could not be delivered: ${of}. Look into its dead-letter queue.`,
      // How many are new: while one waits to be looked into, the next one raises the alarm again.
      metric: new MathExpression({
        expression: 'DIFF(FILL(messages, 0))',
        usingMetrics: { messages: this.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' }) },
        period: Duration.minutes(1),
        label: 'New messages',
      }),
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    this.alarm.addAlarmAction(new SnsAction(alarms));
  }
}

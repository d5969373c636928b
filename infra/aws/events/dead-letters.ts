import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import { type Installation, removalOf } from '../scope.ts';

export interface DeadLettersProps {
  readonly installation: Installation;
  /** What ends here, as the alarm says it. */
  readonly of: string;
  readonly alarms: ITopic;
}

/**
 * Where what could not be delivered waits for two weeks, and the alarm that says so. Messages hold nothing but ids, so
 * SQS's own encryption will do; a key of ours would let no other service of AWS deliver here.
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
      metric: this.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: 'Maximum' }),
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    this.alarm.addAlarmAction(new SnsAction(alarms));
  }
}

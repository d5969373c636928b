import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

const PERIOD = Duration.minutes(5);

export interface Watch {
  /** What is wrong, and where to look. */
  readonly message: string;
  readonly metric: Metric;
  /** More than this … */
  readonly above: number;
  /** … in so many consecutive periods of five minutes. */
  readonly periods: number;
}

/** An alarm that notifies the topic when it begins and when it is over. Missing data are not an alarm. */
export function watch(scope: Construct, id: string, topic: ITopic, { message, metric, above, periods }: Watch): Alarm {
  const alarm = new Alarm(scope, id, {
    alarmDescription: message,
    metric: metric.with({ period: PERIOD }),
    threshold: above,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: periods,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  const notify = new SnsAction(topic);
  alarm.addAlarmAction(notify);
  alarm.addOkAction(notify);
  return alarm;
}

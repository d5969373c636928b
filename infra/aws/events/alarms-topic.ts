import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { Installation } from '../scope.ts';

/** The topic that alarms notify. */
export class AlarmsTopic extends Topic {
  constructor(scope: Construct, id: string, { settings }: Installation, masterKey: IKey) {
    super(scope, id, { displayName: 'Trainyard alarms', masterKey, enforceSSL: true });
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'PublishAlarms',
        principals: ['cloudwatch', 'budgets'].map((name) => new ServicePrincipal(`${name}.amazonaws.com`)),
        actions: ['sns:Publish'],
        resources: [this.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    if (settings.alarmEmail) this.addSubscription(new EmailSubscription(settings.alarmEmail));
  }
}

import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { type Installation, prefixOf } from '../scope.ts';

/** A budget for the month's actual and forecast costs of the resources with this installation's tag. */
export class Budget extends CfnBudget {
  constructor(scope: Construct, id: string, installation: Installation, topic: ITopic) {
    const subscribers = [{ subscriptionType: 'SNS', address: topic.topicArn }];
    const past = (notificationType: string, threshold: number) => ({
      notification: { notificationType, threshold, thresholdType: 'PERCENTAGE', comparisonOperator: 'GREATER_THAN' },
      subscribers,
    });
    super(scope, id, {
      budget: {
        budgetName: prefixOf(installation),
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: installation.settings.budget, unit: 'USD' },
        costFilters: { TagKeyValue: [`user:trainyard$${installation.stage}`] },
      },
      notificationsWithSubscribers: [past('ACTUAL', 50), past('ACTUAL', 100), past('FORECASTED', 100)],
    });
  }
}

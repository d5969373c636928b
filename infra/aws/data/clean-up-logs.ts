import type { CfnResource, Stack } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { acknowledge } from '../acknowledge.ts';
import { type Installation, removalOf, retentionOf } from '../scope.ts';

const PROVIDER = 'Custom::S3AutoDeleteObjectsCustomResourceProvider';

/**
 * The CDK's own function empties buckets that are deleted with the stack; this gives its logs a retention period too.
 */
export function keepCleanUpLogs(stack: Stack, installation: Installation): void {
  const provider = stack.node.tryFindChild(PROVIDER);
  if (!provider) return;
  const group = new LogGroup(stack, 'CleanUpLogs', {
    retention: retentionOf(installation),
    removalPolicy: removalOf(installation),
  });
  const handler = provider.node.findChild('Handler') as CfnResource;
  handler.addPropertyOverride('LoggingConfig', { LogGroup: group.logGroupName });
  acknowledge(provider, {
    'AwsSolutions-IAM4[Policy::{"Fn::Sub":"arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}]':
      "The role of the CDK's own function that empties buckets of a stage whose data may go.",
  });
}

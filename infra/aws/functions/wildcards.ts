/** Explains the wildcards in a role's resources; the rule pack accepts none without a reason. */
import { Stack } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { BucketName } from '#domain/ports/blobs/port.ts';
import type { Uses } from '#infra/topology.ts';
import { acknowledge } from '../acknowledge.ts';
import { batchNames, type World } from './world.ts';

export function explainWildcards(role: Role, uses: Uses, world: Pick<World, 'data' | 'installation'>): void {
  const stack = Stack.of(role);
  const explain = (resource: string, reason: string) =>
    acknowledge(role, { [`AwsSolutions-IAM5[Resource::${resource}]`]: reason });
  const arn = (service: string, resource: string) =>
    `arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>:${resource}`;

  for (const name of Object.keys(uses.buckets ?? {}) as BucketName[]) {
    const bucket = exportedArn(stack, world.data.buckets.byName[name]);
    explain(`${bucket}/*`, 'The objects of one bucket of the platform; their keys are made when files come.');
  }
  const batch = Object.values(batchNames(world.installation));
  if (batch.length === 0) return;
  if (uses.compute?.includes('submit')) {
    for (const { definition } of batch) {
      explain(arn('batch', `job-definition/${definition}:*`), 'The revisions of one job definition.');
    }
  }
  if (uses.compute?.includes('describe')) {
    explain('*', 'DescribeJobs and ListJobs, which only read, know no resource but all of them.');
  }
  if (uses.compute?.includes('terminate')) {
    explain(arn('batch', 'job/*'), 'Batch makes up the ids of jobs when they are submitted.');
  }
}

/** A bucket's ARN in another stack as the rule pack prints it: the name of that stack's export. */
function exportedArn(stack: Stack, bucket: Bucket): string {
  const owner = Stack.of(bucket);
  const imported: { 'Fn::ImportValue': string } = stack.resolve(owner.exportValue(bucket.bucketArn));
  return imported['Fn::ImportValue'];
}

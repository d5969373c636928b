import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { Installation } from '../scope.ts';
import { bootstrapSecret } from './bootstrap.ts';
import { Buckets } from './buckets.ts';
import { keepCleanUpLogs } from './clean-up-logs.ts';
import { Keys } from './keys.ts';
import { Table } from './table.ts';

/** Everything that must not be lost. */
export class DataStack extends Stack {
  readonly keys: Keys;
  readonly table: Table;
  readonly buckets: Buckets;
  /** Absent where anybody may register. */
  readonly bootstrap: Secret | undefined;

  constructor(scope: Construct, id: string, props: StackProps & { readonly installation: Installation }) {
    super(scope, id, props);
    const { installation } = props;
    this.keys = new Keys(this, 'Keys', installation);
    this.table = new Table(this, 'Table', installation, this.keys.storage);
    this.buckets = new Buckets(this, 'Buckets', installation, this.keys.storage);
    this.bootstrap = bootstrapSecret(this, installation);
    keepCleanUpLogs(this, installation);
    new CfnOutput(this, 'TableName', { value: this.table.tableName });
    for (const [name, bucket] of Object.entries(this.buckets.byName)) {
      new CfnOutput(this, `Bucket${name}`, { value: bucket.bucketName });
    }
  }
}

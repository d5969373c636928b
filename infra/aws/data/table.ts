import {
  AttributeType,
  BillingMode,
  Table as DynamoTable,
  ProjectionType,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { table } from '#infra/topology.ts';
import { type Installation, removalOf } from '../scope.ts';

const text = (name: string) => ({ name, type: AttributeType.STRING });

/** The one table: on-demand capacity, restorable to any second of the last 35 days. */
export class Table extends DynamoTable {
  constructor(scope: Construct, id: string, installation: Installation, encryptionKey: IKey) {
    super(scope, id, {
      partitionKey: text(table.partitionKey),
      sortKey: text(table.sortKey),
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: table.expiry,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: installation.settings.removal === 'retain',
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey,
      removalPolicy: removalOf(installation),
    });
    this.addGlobalSecondaryIndex({
      indexName: table.index.name,
      partitionKey: text(table.index.partitionKey),
      sortKey: text(table.index.sortKey),
      projectionType: ProjectionType.ALL,
    });
  }
}

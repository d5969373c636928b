import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { keys } from '#infra/topology.ts';
import { type Installation, prefixOf, removalOf } from '../scope.ts';

const SPECS = { ECC_NIST_P256: KeySpec.ECC_NIST_P256, SYMMETRIC_DEFAULT: KeySpec.SYMMETRIC_DEFAULT } as const;

/** Services that publish to the topic of alarms, which is encrypted with `storage`. */
const PUBLISHERS = ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com'];

/**
 * Three keys, to separate permissions: `storage` encrypts what AWS stores for us, `data` wraps the data keys of our own
 * envelopes, `tokens` signs access tokens. Each costs a dollar a month.
 */
export class Keys extends Construct {
  readonly storage: Key;
  readonly data: Key;
  /** To rotate it, create another: KMS does not rotate asymmetric keys. */
  readonly tokens: Key;

  constructor(scope: Construct, id: string, installation: Installation) {
    super(scope, id);
    const prefix = prefixOf(installation);
    const common = { removalPolicy: removalOf(installation), pendingWindow: Duration.days(30) };
    const rotated = { ...common, keySpec: SPECS[keys.data], enableKeyRotation: true };
    this.storage = new Key(this, 'Storage', {
      ...rotated,
      alias: `${prefix}-storage`,
      description: 'Table, buckets and the topic of alarms',
    });
    this.data = new Key(this, 'Data', {
      ...rotated,
      alias: `${prefix}-data`,
      description: 'Wraps the data keys of envelopes',
    });
    this.tokens = new Key(this, 'Tokens', {
      ...common,
      alias: `${prefix}-tokens`,
      description: 'Signs access tokens (ES256)',
      keySpec: SPECS[keys.tokens],
      keyUsage: KeyUsage.SIGN_VERIFY,
    });
    this.storage.addToResourcePolicy(
      new PolicyStatement({
        sid: 'PublishAlarms',
        principals: PUBLISHERS.map((service) => new ServicePrincipal(service)),
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
  }
}

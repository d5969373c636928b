import { describe, expect, test } from '@jest/globals';
import { BUCKETS } from '#domain/ports/blobs/port.ts';
import { parseSettings, type Settings } from '#domain/settings.ts';
import { table as tableFacts } from '#infra/topology.ts';
import { named, ofType, type Synthesized, type Variant } from '../synthesized.ts';

/** Of the application, as the platform's main function gets them. */
function settingsOf(of: Synthesized): Settings {
  const api = ofType(of, 'AWS::Lambda::Function').find(({ id }) => id.startsWith('platformapi'))!;
  return parseSettings(JSON.parse(api.Properties.Environment.Variables.TRAINYARD_SETTINGS));
}

/** Emulators accept all of this and ignore it, so only the template shows it. */
export function storage({ dev, prod, open }: Readonly<Record<Variant, Synthesized>>): void {
  describe('what is stored', () => {
    test('is in one table with on-demand capacity, encrypted with our key, restorable, with a time to live', () => {
      const [table, ...more] = ofType(prod, 'AWS::DynamoDB::Table');
      expect(more).toEqual([]);
      expect(table!.Properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: expect.anything() },
        TimeToLiveSpecification: { AttributeName: tableFacts.expiry, Enabled: true },
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: tableFacts.index.name,
            KeySchema: [
              { AttributeName: 'ipk', KeyType: 'HASH' },
              { AttributeName: 'isk', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'ALL' },
          },
        ],
      });
    });

    test('has no account that strangers could register: a secret registers the first, where not anybody may', () => {
      const [secret, ...more] = ofType(prod, 'AWS::SecretsManager::Secret');
      expect(more).toEqual([]);
      expect(secret!.Properties).toMatchObject({
        GenerateSecretString: { PasswordLength: 43, ExcludePunctuation: true },
      });
      expect(ofType(open, 'AWS::SecretsManager::Secret')).toEqual([]);
      const readers = ofType(prod, 'AWS::IAM::Policy').filter(({ Properties }) =>
        JSON.stringify(Properties.PolicyDocument).includes('secretsmanager:'),
      );
      expect(readers).toHaveLength(1);
      expect(settingsOf(prod).registration).toBe('invite');
      expect(settingsOf(open).registration).toBe('open');
    });

    test('is in buckets that can never be public', () => {
      const buckets = ofType(prod, 'AWS::S3::Bucket');
      expect(buckets).toHaveLength(BUCKETS.length + 1);
      for (const bucket of buckets) {
        expect([named(bucket), bucket.Properties]).toMatchObject([
          named(bucket),
          {
            PublicAccessBlockConfiguration: {
              BlockPublicAcls: true,
              BlockPublicPolicy: true,
              IgnorePublicAcls: true,
              RestrictPublicBuckets: true,
            },
            OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
          },
        ]);
      }
    });

    test('is encrypted with our key, except access logs, and every access is logged', () => {
      for (const bucket of ofType(prod, 'AWS::S3::Bucket')) {
        const isLog = /AccessLogs/.test(bucket.id);
        const [rule] = bucket.Properties.BucketEncryption.ServerSideEncryptionConfiguration;
        expect([named(bucket), rule.ServerSideEncryptionByDefault.SSEAlgorithm]).toEqual([
          named(bucket),
          isLog ? 'AES256' : 'aws:kms',
        ]);
        if (isLog) continue;
        expect(rule.BucketKeyEnabled).toBe(true);
        expect(bucket.Properties.LoggingConfiguration.DestinationBucketName).toBeDefined();
      }
    });

    test('keeps old versions for a while and parts of abandoned uploads for days', () => {
      for (const bucket of ofType(prod, 'AWS::S3::Bucket').filter(({ id }) => !/AccessLogs/.test(id))) {
        expect(bucket.Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
        expect(bucket.Properties.LifecycleConfiguration.Rules).toEqual(
          expect.arrayContaining([
            expect.objectContaining({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 }, Status: 'Enabled' }),
            expect.objectContaining({ NoncurrentVersionExpiration: { NoncurrentDays: 90 }, Status: 'Enabled' }),
          ]),
        );
      }
    });

    test('says to whoever deletes an account for how long that can be undone', () => {
      const { retention } = settingsOf(prod);
      const rules = ofType(prod, 'AWS::S3::Bucket').flatMap(
        (bucket) => bucket.Properties.LifecycleConfiguration?.Rules ?? [],
      );
      const old = rules.filter(({ Id }: { Id: string }) => Id === 'old-versions');
      expect(old.length).toBeGreaterThan(1);
      for (const { NoncurrentVersionExpiration } of old) {
        expect(retention.backupDays).toBe(NoncurrentVersionExpiration.NoncurrentDays);
      }
      expect(retention.logDays).toBe(90);
      expect(parseSettings({ retention }).retention.recoveryDays).toBe(35);
    });

    test('may be put and read by presigned URL from pages, which see the ETag of a part', () => {
      const withCors = ofType(prod, 'AWS::S3::Bucket').filter((bucket) => bucket.Properties.CorsConfiguration);
      expect(withCors).toHaveLength(BUCKETS.length);
      for (const bucket of withCors) {
        const [rule] = bucket.Properties.CorsConfiguration.CorsRules;
        expect(rule.AllowedMethods).toEqual(['GET', 'HEAD', 'PUT']);
        expect(rule.ExposedHeaders).toContain('ETag');
      }
    });

    test.each(['AWS::S3::Bucket', 'AWS::SQS::Queue', 'AWS::SNS::Topic'])('%s refuses what is not TLS', (type) => {
      const policies = ofType(prod, `${type}Policy`);
      const refused = policies.flatMap((policy) => {
        const statements: { Effect: string; Condition?: object }[] = policy.Properties.PolicyDocument.Statement;
        const refuses = statements.some(
          ({ Effect, Condition }) =>
            Effect === 'Deny' && JSON.stringify(Condition) === '{"Bool":{"aws:SecureTransport":"false"}}',
        );
        const { Bucket, Queues = [Bucket], Topics = Queues } = policy.Properties;
        return refuses ? Topics.map((one: { Ref: string }) => one.Ref) : [];
      });
      const all = ofType(prod, type).map(({ id }) => id);
      expect(all.length).toBeGreaterThan(0);
      expect(refused.sort()).toEqual(all.sort());
    });

    test('is encrypted with keys that rotate, and tokens are signed with one that cannot', () => {
      const keys = ofType(prod, 'AWS::KMS::Key');
      expect(
        keys.map(({ Properties: { KeySpec, KeyUsage, EnableKeyRotation } }) => [KeySpec, KeyUsage, EnableKeyRotation]),
      ).toEqual([
        ['SYMMETRIC_DEFAULT', undefined, true],
        ['SYMMETRIC_DEFAULT', undefined, true],
        ['ECC_NIST_P256', 'SIGN_VERIFY', undefined],
      ]);
    });

    const KEPT = ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::SQS::Queue', 'AWS::Logs::LogGroup'];
    test.each(KEPT)('%s stays in production when its stack is deleted, and not in development', (type) => {
      for (const [of, policy] of [
        [prod, 'Retain'],
        [dev, 'Delete'],
      ] as const) {
        for (const resource of ofType(of, type)) {
          expect([named(resource), resource.DeletionPolicy]).toEqual([named(resource), policy]);
        }
      }
    });

    test('may be deleted in development', () => {
      expect(ofType(dev, 'AWS::DynamoDB::Table')[0]!.Properties.DeletionProtectionEnabled).not.toBe(true);
      expect(ofType(dev, 'Custom::S3AutoDeleteObjects')).toHaveLength(ofType(dev, 'AWS::S3::Bucket').length);
      expect(ofType(prod, 'Custom::S3AutoDeleteObjects')).toEqual([]);
    });
  });
}

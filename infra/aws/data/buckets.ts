import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  HttpMethods,
  type IBucket,
  type LifecycleRule,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { BucketName } from '#domain/ports/blobs/port.ts';
import { buckets } from '#infra/topology.ts';
import { acknowledge } from '../acknowledge.ts';
import { type Installation, removalOf } from '../scope.ts';

/** When to abort an upload that was neither completed nor aborted: its URLs expire after a day. */
const ABANDONED = Duration.days(2);

/** When backups are moved to a cheaper class. */
const COLD = Duration.days(30);

/**
 * A training replaces its checkpoint about twice a minute: old versions are not kept as long as those of other files.
 */
const CHECKPOINTS: LifecycleRule = {
  id: 'old-checkpoints',
  prefix: 'checkpoints/',
  noncurrentVersionExpiration: Duration.days(1),
};

/** The topology's buckets, and that of access logs. */
export class Buckets extends Construct {
  readonly byName: Readonly<Record<BucketName, Bucket>>;
  readonly accessLogs: Bucket;

  constructor(scope: Construct, id: string, installation: Installation, encryptionKey: IKey) {
    super(scope, id);
    const { settings } = installation;
    const retention = Duration.days(settings.backupDays);
    const common = {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy: removalOf(installation),
      autoDeleteObjects: settings.removal === 'destroy',
    } satisfies BucketProps;

    // The service that delivers access logs cannot use a key of ours.
    this.accessLogs = new Bucket(this, 'AccessLogs', {
      ...common,
      encryption: BucketEncryption.S3_MANAGED,
      lifecycleRules: [{ id: 'expire', expiration: Duration.days(settings.logDays) }],
    });
    acknowledge(this.accessLogs, { 'AwsSolutions-S1': 'It is the bucket of access logs itself.' });

    const make = (name: string, lifecycleRules: LifecycleRule[], more: BucketProps = {}): Bucket =>
      new Bucket(this, name, {
        ...common,
        encryption: BucketEncryption.KMS,
        encryptionKey,
        bucketKeyEnabled: true,
        versioned: true,
        // The library's classes and interfaces differ in which members are optional.
        serverAccessLogsBucket: this.accessLogs as IBucket,
        serverAccessLogsPrefix: `${name}/`,
        lifecycleRules: [
          { id: 'abandoned-uploads', abortIncompleteMultipartUploadAfter: ABANDONED },
          { id: 'old-versions', noncurrentVersionExpiration: retention, expiredObjectDeleteMarker: true },
          ...lifecycleRules,
        ],
        ...more,
      });
    const cors = [
      {
        allowedMethods: [HttpMethods.GET, HttpMethods.HEAD, HttpMethods.PUT],
        allowedOrigins: settings.corsOrigins,
        allowedHeaders: ['content-type', 'range'],
        // A client that uploads in parts must send back each part's ETag.
        exposedHeaders: ['ETag', 'Content-Length', 'Content-Range'],
        maxAge: 3600,
      },
    ];
    const rules: Readonly<Record<BucketName, LifecycleRule[]>> = {
      datasets: [],
      artifacts: [CHECKPOINTS],
      // Backups are deleted with their records, when their own time is over.
      backups:
        settings.backupDays > 60
          ? [{ id: 'cold', transitions: [{ storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: COLD }] }]
          : [],
    };
    this.byName = Object.fromEntries(buckets.map((name) => [name, make(name, rules[name], { cors })])) as Record<
      BucketName,
      Bucket
    >;
  }
}

/** Turns what a function uses, according to the topology, into its role's statements, by action and resource. */
import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { QUEUE_TAG } from '#aws/compute/batch.ts';
import type { BucketName } from '#domain/ports/blobs/port.ts';
import { type BucketUse, type TableUse, table as tableFacts, type Uses } from '#infra/topology.ts';
import { batchNames, trainingFunctionName, type World } from './world.ts';

const TABLE_ACTIONS = {
  get: ['GetItem', 'BatchGetItem'],
  query: ['Query'],
  put: ['PutItem'],
  update: ['UpdateItem'],
  delete: ['DeleteItem'],
  check: ['ConditionCheckItem'],
} as const satisfies Readonly<Record<Exclude<TableUse, 'index'>, readonly string[]>>;

/** A put also reads the new object's head; a stream of unknown length is a multipart upload. */
const OBJECT_ACTIONS: Readonly<Record<BucketUse, readonly string[]>> = {
  read: ['GetObject'],
  put: ['GetObject', 'PutObject', 'AbortMultipartUpload'],
  upload: ['GetObject', 'PutObject', 'AbortMultipartUpload', 'ListMultipartUploadParts'],
  delete: ['DeleteObject', 'AbortMultipartUpload'],
};

/** What Compute's task records need, which exist in the cloud only. */
const RECORDS: Readonly<Record<NonNullable<Uses['compute']>[number], readonly TableUse[]>> = {
  submit: ['get', 'put', 'update'],
  describe: ['get'],
  terminate: ['get', 'update'],
};

/** Used through DynamoDB and S3, never by the function itself. */
const STORAGE_KEY_ACTIONS = ['Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'DescribeKey'];

const DATA_KEY_ACTIONS = { generate: 'kms:GenerateDataKey', unwrap: 'kms:Decrypt' } as const;

/** Batch chooses the ids of jobs, and its List and Describe actions cannot be restricted to some of them. */
const COMPUTE = {
  describe: ['batch:DescribeJobs', 'batch:ListJobs'],
  terminate: ['batch:TerminateJob'],
} as const;

type Granted = Pick<World, 'installation' | 'data' | 'queues' | 'bus'>;

/** The statements of a role in `scope`'s stack. */
export function statementsOf(scope: Construct, uses: Uses, world: Granted): PolicyStatement[] {
  const { data, queues, bus } = world;
  const { table, keys, buckets } = data;
  const statements: PolicyStatement[] = [];
  const allow = (sid: string, actions: readonly string[], resources: readonly string[], conditions?: object) =>
    statements.push(
      new PolicyStatement({
        sid,
        actions: [...actions],
        resources: [...resources],
        ...(conditions ? { conditions: { ...conditions } } : {}),
      }),
    );

  const tableUses = [...(uses.table ?? []), ...(uses.compute ?? []).flatMap((one) => RECORDS[one])];
  const items = unique(
    tableUses.flatMap((use) => (use === 'index' ? [] : TABLE_ACTIONS[use].map((action) => `dynamodb:${action}`))),
  );
  if (items.length > 0) allow('Table', items, [table.tableArn]);
  if (tableUses.includes('index')) {
    allow('Index', ['dynamodb:Query'], [`${table.tableArn}/index/${tableFacts.index.name}`]);
  }
  for (const [name, bucketUses] of Object.entries(uses.buckets ?? {}) as [BucketName, readonly BucketUse[]][]) {
    const bucket = buckets.byName[name];
    const title = `${name[0]?.toUpperCase()}${name.slice(1)}`;
    allow(`${title}Objects`, unique(bucketUses.flatMap((use) => OBJECT_ACTIONS[use].map((action) => `s3:${action}`))), [
      bucket.arnForObjects('*'),
    ]);
    // Without it a missing object looks like a forbidden one.
    allow(`${title}Bucket`, ['s3:ListBucket'], [bucket.bucketArn]);
  }
  const { backupCopiesBucket: copies } = world.installation.settings;
  if (uses.copies && copies !== undefined) {
    const { partition } = Stack.of(scope);
    const actions = unique(uses.copies.flatMap((use) => OBJECT_ACTIONS[use].map((action) => `s3:${action}`)));
    allow('CopiesObjects', actions, [`arn:${partition}:s3:::${copies}/*`]);
    allow('CopiesBucket', ['s3:ListBucket'], [`arn:${partition}:s3:::${copies}`]);
  }
  if (uses.table || uses.buckets) {
    const { region } = Stack.of(scope);
    allow(
      'StorageKey',
      STORAGE_KEY_ACTIONS.map((action) => `kms:${action}`),
      [keys.storage.keyArn],
      {
        StringEquals: { 'kms:ViaService': ['dynamodb', 's3'].map((service) => `${service}.${region}.amazonaws.com`) },
      },
    );
  }
  if (uses.sends)
    allow(
      'Send',
      ['sqs:SendMessage'],
      uses.sends.map((name) => queues[name].queueArn),
    );
  if (uses.publishes) allow('Publish', ['events:PutEvents'], [bus.eventBusArn]);
  if (uses.tokens) {
    allow('Tokens', ['kms:GetPublicKey', ...(uses.tokens === 'sign' ? ['kms:Sign'] : [])], [keys.tokens.keyArn]);
  }
  if (uses.dataKeys)
    allow(
      'DataKeys',
      uses.dataKeys.map((use) => DATA_KEY_ACTIONS[use]),
      [keys.data.keyArn],
    );
  if (uses.bootstrap && data.bootstrap) {
    allow('Bootstrap', ['secretsmanager:GetSecretValue'], [data.bootstrap.secretArn]);
  }
  for (const one of uses.compute ?? []) statements.push(...computeStatements(scope, one, world.installation));
  return statements;
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

function computeStatements(
  scope: Construct,
  use: NonNullable<Uses['compute']>[number],
  installation: World['installation'],
): PolicyStatement[] {
  const stack = Stack.of(scope);
  const arn = (service: string, resource: string) => stack.formatArn({ service, resource });
  const batch = Object.values(batchNames(installation));
  const queueNames = batch.map(({ queue }) => queue);
  const submit = batch.flatMap(({ queue, definition }) => [
    arn('batch', `job-queue/${queue}`),
    // A definition is submitted by name, and Batch chooses the revision.
    arn('batch', `job-definition/${definition}`),
    arn('batch', `job-definition/${definition}:*`),
  ]);
  if (use === 'submit') {
    const small = new PolicyStatement({
      sid: 'TrainInFunction',
      actions: ['lambda:InvokeFunction'],
      resources: [arn('lambda', `function:${trainingFunctionName(installation)}`)],
    });
    if (batch.length === 0) return [small];
    const train = { sid: 'TrainInBatch', actions: ['batch:SubmitJob'], resources: submit };
    const tag = {
      sid: 'TagJobs',
      actions: ['batch:TagResource'],
      resources: [arn('batch', 'job/*')],
      conditions: { StringEquals: { [`aws:RequestTag/${QUEUE_TAG}`]: queueNames } },
    };
    return [small, new PolicyStatement(train), new PolicyStatement(tag)];
  }
  if (batch.length === 0) return [];
  const actions = [...COMPUTE[use]];
  if (use === 'describe') return [new PolicyStatement({ sid: 'SeeJobs', actions, resources: ['*'] })];
  // Batch chooses the ids of jobs: only their tags tell ours from those of others in the AWS account.
  const ours = { StringEquals: { [`aws:ResourceTag/${QUEUE_TAG}`]: queueNames } };
  return [new PolicyStatement({ sid: 'EndJobs', actions, resources: [arn('batch', 'job/*')], conditions: ours })];
}

/** A deployment on the emulator, wired as a function is, with an account in it. */
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateEventBusCommand, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateKeyCommand, type CreateKeyCommandInput } from '@aws-sdk/client-kms';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { EventBridgeEvent } from 'aws-lambda';
import { SqsQueue } from '#aws/queue/queue.ts';
import { tableDefinition } from '#aws/table/definition.ts';
import { wire } from '#aws/wiring.ts';
import { createAccount } from '#domain/accounts/change.ts';
import { blobKeys } from '#domain/blob-keys.ts';
import { createDataset } from '#domain/datasets/change.ts';
import { markOrphaned } from '#domain/orphans.ts';
import { isoTime } from '#domain/times.ts';
import { createJob } from '#domain/training/change.ts';
import type { Job } from '#domain/training/record.ts';
import { families } from '#zoo/registry.ts';
import { readDataset } from '../functions/events/reader.ts';
import { PENGUINS } from '../training/world.ts';
import { CREDENTIALS, REGION, startMiniStack } from './ministack.ts';

export const ACCOUNT = 'account-1';

export async function openCloud() {
  const stack = await startMiniStack();
  const { dynamodb, s3, sqs, eventbridge, kms } = stack.clients();
  const queue = async (QueueName: string) => (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '';
  const key = async (input: CreateKeyCommandInput) =>
    (await kms.send(new CreateKeyCommand(input))).KeyMetadata?.KeyId ?? '';
  await dynamodb.send(new CreateTableCommand(tableDefinition('trainyard')));
  for (const Bucket of ['datasets', 'artifacts', 'backups']) await s3.send(new CreateBucketCommand({ Bucket }));
  await eventbridge.send(new CreateEventBusCommand({ Name: 'trainyard' }));
  const environment = {
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL: stack.endpoint,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    TRAINYARD_TABLE: 'trainyard',
    TRAINYARD_BUCKET_DATASETS: 'datasets',
    TRAINYARD_BUCKET_ARTIFACTS: 'artifacts',
    TRAINYARD_BUCKET_BACKUPS: 'backups',
    TRAINYARD_QUEUE_DATASETS: await queue('datasets'),
    TRAINYARD_QUEUE_TRAINING: await queue('training'),
    TRAINYARD_QUEUE_WEBHOOKS: await queue('webhooks'),
    TRAINYARD_QUEUE_PREDICTIONS: await queue('predictions'),
    TRAINYARD_QUEUE_LOGS: await queue('logs'),
    TRAINYARD_QUEUE_VAULT: await queue('vault'),
    TRAINYARD_QUEUE_ENCODERS: await queue('encoders'),
    TRAINYARD_BUS: 'trainyard',
    TRAINYARD_KEY_TOKENS: await key({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
    TRAINYARD_KEY_DATA: await key({ KeySpec: 'SYMMETRIC_DEFAULT' }),
  };
  // Where AWS's credential provider chain looks.
  Object.assign(process.env, environment);
  const { adapters } = wire(environment);

  const url = await queue('events');
  const attributes = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] });
  const Arn = (await sqs.send(attributes)).Attributes?.QueueArn;
  const EventPattern = JSON.stringify({ source: ['trainyard'] });
  await eventbridge.send(new PutRuleCommand({ Name: 'all', EventBusName: 'trainyard', EventPattern }));
  await eventbridge.send(
    new PutTargetsCommand({ Rule: 'all', EventBusName: 'trainyard', Targets: [{ Id: 'q', Arn }] }),
  );
  const bus = new SqsQueue({ client: sqs, url });

  await createAccount(adapters.table, {
    id: ACCOUNT,
    username: 'ada',
    email: 'ada@example.com',
    full_name: 'Ada',
    password_hash: '-',
    created_at: isoTime(adapters.now()),
  });

  /** The next event of that type from the bus; others are dropped. */
  async function nextEvent(type: string): Promise<EventBridgeEvent<string, unknown>> {
    for (;;) {
      for (const { body, receipt } of await bus.receive({ max: 1 })) {
        await bus.acknowledge(receipt);
        const event = JSON.parse(body) as EventBridgeEvent<string, unknown>;
        if (event['detail-type'] === type) return event;
      }
    }
  }

  /** The penguins, uploaded and processed, and a job for them, as the API leaves it. */
  async function queueJob(id: string, hyperparameters: object): Promise<Job> {
    const dataset = `${id}-data`;
    const now = isoTime(adapters.now());
    const expected = markOrphaned('datasets', blobKeys.datasetPrefix(ACCOUNT, dataset), adapters.now() + 3_600_000);
    await adapters.table.transact([expected]);
    const file = await adapters.blobs.datasets.put(blobKeys.datasetFile(ACCOUNT, dataset), Buffer.from(PENGUINS));
    await createDataset(adapters.table, {
      id: dataset,
      account_id: ACCOUNT,
      name: dataset,
      description: '',
      dataset_type: 'auto',
      file_name: 'penguins.csv',
      file_size: file.size,
      uploaded_at: now,
      status: 'processing',
      in_use: 0,
      requested_target: 'species',
    });
    await readDataset(adapters, [ACCOUNT, dataset]);
    const complete = families.mlp!.hyperparameters.parse(hyperparameters);
    const created: Job = {
      id,
      account_id: ACCOUNT,
      dataset_id: dataset,
      dataset_name: dataset,
      model_name: 'penguins',
      model_type: 'mlp',
      task: 'classification',
      hyperparameters: JSON.parse(JSON.stringify(complete)) as Job['hyperparameters'],
      validation_split: 0.2,
      early_stopping: { enabled: false, patience: 10, monitor: 'val_loss' },
      status: 'queued',
      created_at: now,
      estimated_time: 1,
      attempt: 0,
      total_epochs: complete.epochs,
      current_epoch: 0,
      progress: 0,
      metrics: {},
      compute_seconds: 0,
      estimated_cost: 0,
    };
    await createJob(adapters.table, created);
    return created;
  }

  return { adapters, environment, stack, nextEvent, queueJob, close: () => stack.stop() };
}

export type Cloud = Awaited<ReturnType<typeof openCloud>>;

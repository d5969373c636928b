/**
 * Makes the adapters from a deployment's environment variables; every Lambda bundle and the trainer's container begin
 * here. This does not call AWS: a wrong name shows with the first call that uses it.
 */
import { Logger } from '@aws-lambda-powertools/logger';
import { z } from 'zod';
import { S3Blobs } from '#aws/blobs/blobs.ts';
import { bootstrapToken } from '#aws/bootstrap-token.ts';
import { type ClientOptions, type Clients, makeClients } from '#aws/clients.ts';
import { AwsCompute, type ComputeContext } from '#aws/compute/compute.ts';
import { EventBridgeEvents } from '#aws/events/events.ts';
import { KmsKeys } from '#aws/keys/keys.ts';
import { SqsQueue } from '#aws/queue/queue.ts';
import { DynamoTable } from '#aws/table/table.ts';
import { logReplacer } from '#domain/log-replacer.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { type Settings, settingsSchema } from '#domain/settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** An empty variable counts as not set. */
const emptyIsUnset = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));

const required = (what: string) => z.string({ error: `must be ${what}` }).min(1);

const settings = z
  .string()
  .default('{}')
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'must be JSON' });
      return z.NEVER;
    }
  })
  .pipe(
    settingsSchema.refine(({ webhooksToLoopback }) => !webhooksToLoopback, {
      error: 'must not set webhooksToLoopback, which is for one machine only',
    }),
  );

const receives = z.coerce.number('must be a whole number, 1 or more').int().min(1).optional();

const schema = z.object({
  TRAINYARD_TABLE: required('the name of the table'),
  TRAINYARD_BUCKET_DATASETS: required('the name of the bucket of datasets'),
  TRAINYARD_BUCKET_ARTIFACTS: required('the name of the bucket of artifacts'),
  TRAINYARD_BUCKET_BACKUPS: required('the name of the bucket of backups'),
  TRAINYARD_BUCKET_COPIES: z.string().optional(),
  TRAINYARD_QUEUE_DATASETS: required('the URL of the queue of datasets'),
  TRAINYARD_QUEUE_TRAINING: required('the URL of the queue of trainings'),
  TRAINYARD_QUEUE_WEBHOOKS: required('the URL of the queue of webhooks'),
  TRAINYARD_QUEUE_ENCODERS: required('the URL of the queue of encoders'),
  TRAINYARD_QUEUE_VAULT: required('the URL of the queue of the vault’s jobs'),
  TRAINYARD_QUEUE_PREDICTIONS: required('the URL of the queue of batch predictions'),
  TRAINYARD_QUEUE_LOGS: required('the URL of the queue of predictions to log'),
  TRAINYARD_DEAD_DATASETS: z.string().optional(),
  TRAINYARD_DEAD_LOGS: z.string().optional(),
  TRAINYARD_DEAD_TRAINING: z.string().optional(),
  TRAINYARD_DEAD_WEBHOOKS: z.string().optional(),
  TRAINYARD_DEAD_ENCODERS: z.string().optional(),
  TRAINYARD_DEAD_VAULT: z.string().optional(),
  TRAINYARD_DEAD_PREDICTIONS: z.string().optional(),
  TRAINYARD_RECEIVES_DATASETS: receives,
  TRAINYARD_RECEIVES_LOGS: receives,
  TRAINYARD_RECEIVES_TRAINING: receives,
  TRAINYARD_RECEIVES_WEBHOOKS: receives,
  TRAINYARD_RECEIVES_ENCODERS: receives,
  TRAINYARD_RECEIVES_VAULT: receives,
  TRAINYARD_RECEIVES_PREDICTIONS: receives,
  TRAINYARD_BUS: required('the name of the event bus'),
  /** Separated by commas: the first signs; signatures of the others are still accepted. */
  TRAINYARD_KEY_TOKENS: required('the asymmetric key that signs tokens').transform((keys) => keys.split(',')),
  TRAINYARD_KEY_DATA: required('the symmetric key that wraps data keys'),
  TRAINYARD_BOOTSTRAP_SECRET: z.string().optional(),
  TRAINYARD_BATCH_QUEUE_CPU: z.string().optional(),
  TRAINYARD_BATCH_DEFINITION_CPU: z.string().optional(),
  TRAINYARD_BATCH_QUEUE_GPU: z.string().optional(),
  TRAINYARD_BATCH_DEFINITION_GPU: z.string().optional(),
  TRAINYARD_TRAINING_FUNCTION: z.string().optional(),
  TRAINYARD_SETTINGS: settings,
  AWS_REGION: z.string().optional(),
  AWS_ENDPOINT_URL: z.url('must be a URL').optional(),
  AWS_LAMBDA_FUNCTION_NAME: z.string().default('trainer'),
});
type Variables = z.output<typeof schema>;

export interface Wired {
  readonly adapters: Adapters;
  readonly options: { readonly settings: Settings; readonly logger: Logger };
}

/** The environment is wrong; the message is one line that names every variable at fault. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/** Throws `EnvironmentError`. */
export function wire(environment: Environment): Wired {
  const parsed = schema.safeParse(emptyIsUnset(environment));
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    throw new EnvironmentError(`wrong environment: ${faults.join('; ')}`);
  }
  const variables = parsed.data;
  return {
    adapters: makeAdapters(variables, makeClients(clientOptions(variables))),
    options: {
      settings: variables.TRAINYARD_SETTINGS,
      logger: new Logger({ serviceName: variables.AWS_LAMBDA_FUNCTION_NAME, jsonReplacerFn: logReplacer }),
    },
  };
}

const clientOptions = ({ AWS_REGION: region, AWS_ENDPOINT_URL: endpoint }: Variables): ClientOptions => ({
  ...(region === undefined ? {} : { region }),
  ...(endpoint === undefined ? {} : { endpoint }),
});

function makeAdapters(variables: Variables, clients: Clients): Adapters {
  const now = Date.now;
  const table = new DynamoTable({ client: clients.dynamodb, tableName: variables.TRAINYARD_TABLE, now });
  const blobs = (bucket: string) => new S3Blobs({ client: clients.s3, bucket, now });
  const queue = (url: string, deadLetters: string | undefined, maxReceives: number | undefined) =>
    new SqsQueue({
      client: clients.sqs,
      url,
      ...(deadLetters === undefined ? {} : { deadLetters }),
      ...(maxReceives === undefined ? {} : { maxReceives }),
    });
  const { TRAINYARD_TRAINING_FUNCTION: trainingFunction, TRAINYARD_BOOTSTRAP_SECRET: secret } = variables;
  const { TRAINYARD_BUCKET_COPIES: copies } = variables;
  return {
    table,
    blobs: {
      datasets: blobs(variables.TRAINYARD_BUCKET_DATASETS),
      artifacts: blobs(variables.TRAINYARD_BUCKET_ARTIFACTS),
      backups: blobs(variables.TRAINYARD_BUCKET_BACKUPS),
    },
    ...(copies === undefined ? {} : { backupCopies: blobs(copies) }),
    queues: {
      datasets: queue(
        variables.TRAINYARD_QUEUE_DATASETS,
        variables.TRAINYARD_DEAD_DATASETS,
        variables.TRAINYARD_RECEIVES_DATASETS,
      ),
      training: queue(
        variables.TRAINYARD_QUEUE_TRAINING,
        variables.TRAINYARD_DEAD_TRAINING,
        variables.TRAINYARD_RECEIVES_TRAINING,
      ),
      webhooks: queue(
        variables.TRAINYARD_QUEUE_WEBHOOKS,
        variables.TRAINYARD_DEAD_WEBHOOKS,
        variables.TRAINYARD_RECEIVES_WEBHOOKS,
      ),
      predictions: queue(
        variables.TRAINYARD_QUEUE_PREDICTIONS,
        variables.TRAINYARD_DEAD_PREDICTIONS,
        variables.TRAINYARD_RECEIVES_PREDICTIONS,
      ),
      logs: queue(variables.TRAINYARD_QUEUE_LOGS, variables.TRAINYARD_DEAD_LOGS, variables.TRAINYARD_RECEIVES_LOGS),
      vault: queue(variables.TRAINYARD_QUEUE_VAULT, variables.TRAINYARD_DEAD_VAULT, variables.TRAINYARD_RECEIVES_VAULT),
      encoders: queue(
        variables.TRAINYARD_QUEUE_ENCODERS,
        variables.TRAINYARD_DEAD_ENCODERS,
        variables.TRAINYARD_RECEIVES_ENCODERS,
      ),
    },
    ...(secret === undefined ? {} : { bootstrapToken: bootstrapToken(clients.secrets, secret) }),
    events: new EventBridgeEvents({ client: clients.eventbridge, bus: variables.TRAINYARD_BUS, now }),
    keys: new KmsKeys({
      client: clients.kms,
      tokenKeys: variables.TRAINYARD_KEY_TOKENS,
      dataKey: variables.TRAINYARD_KEY_DATA,
    }),
    compute: new AwsCompute({
      batch: clients.batch,
      lambda: clients.lambda,
      table,
      now,
      containers: containersOf(variables),
      ...(trainingFunction === undefined ? {} : { trainingFunction }),
    }),
    now,
  };
}

function containersOf(variables: Variables): ComputeContext['containers'] {
  const place = (queue: string | undefined, definition: string | undefined) =>
    queue === undefined || definition === undefined ? undefined : { queue, definition };
  const cpu = place(variables.TRAINYARD_BATCH_QUEUE_CPU, variables.TRAINYARD_BATCH_DEFINITION_CPU);
  const gpu = place(variables.TRAINYARD_BATCH_QUEUE_GPU, variables.TRAINYARD_BATCH_DEFINITION_GPU);
  return { ...(cpu && { cpu }), ...(gpu && { gpu }) };
}

/** The environment variables of a deployment, which every part is made from. */
import { z } from 'zod';
import { settingsSchema } from '#domain/settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

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
  /** Where that bucket is. */
  TRAINYARD_COPIES_REGION: z.string().optional(),
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
export type Variables = z.output<typeof schema>;

/** The environment is wrong; the message is one line that names every variable at fault. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/** Throws `EnvironmentError`. */
export function readVariables(environment: Environment): Variables {
  const parsed = schema.safeParse(emptyIsUnset(environment));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  throw new EnvironmentError(`wrong environment: ${faults.join('; ')}`);
}

/** The settings of an installation, by stage, and those that `--context` may override. */
import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { REGISTRATION } from '#domain/settings.ts';
import { ORIGIN, originOf } from '../origins.ts';

/** The retention periods of CloudWatch Logs, in days. */
const LOG_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 3653] as const;

const bounded = (min: number, max: number) => {
  const error = (issue: { readonly input?: unknown }) =>
    `must be a whole number between ${min} and ${max}; got ${String(issue.input)}`;
  const within = (value: number) => Number.isInteger(value) && value >= min && value <= max;
  return z
    .union([z.number(), z.string().min(1)], { error })
    .refine((given) => within(Number(given)), { error })
    .transform(Number);
};

const choice = (values: readonly (string | number)[]) => (issue: { readonly input?: unknown }) =>
  `must be one of ${values.join(', ')}; got ${String(issue.input)}`;

/** Values of `--context` are text. */
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')], {
  error: choice(['true', 'false']),
});

const IMAGE = /^[\w.-]+(?::\d+)?(?:\/[\w.-]+)+(?::[\w.-]+)?$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

function isImage(text: string): boolean {
  const [name = '', digest, ...more] = text.split('@');
  return IMAGE.test(name) && (digest === undefined || DIGEST.test(digest)) && more.length === 0;
}

const matching = (pattern: Pick<RegExp, 'test'>, what: string) =>
  z.string().check(z.refine((text) => pattern.test(text), { error: (issue) => `must be ${what}; got ${issue.input}` }));

/** As a browser sends it: a bucket compares the text. */
const origin = matching({ test: (text) => originOf(text) === text }, ORIGIN);

export const settingsSchema = z.strictObject({
  /** `destroy` deletes the data with the stacks. */
  removal: z.enum(['retain', 'destroy'], { error: choice(['retain', 'destroy']) }),
  logDays: bounded(1, 3653).refine((days) => LOG_DAYS.some((known) => known === days), { error: choice(LOG_DAYS) }),
  /** How long to keep deleted and overwritten files. */
  backupDays: bounded(1, 3650),
  /** How long to keep the records of ended training jobs, sweeps and batch predictions. */
  jobDays: bounded(1, 3650),
  /** How long to keep changes of the catalog that are not the latest of their entry. */
  historyDays: bounded(1, 3650),
  /** An existing bucket to which the vault's backups are copied, in another account or region if possible. */
  backupCopiesBucket: matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket').optional(),
  /** Where that bucket is. Default: where the installation is. */
  backupCopiesRegion: matching(/^[a-z]{2}-[a-z-]{3,20}-[1-9]$/, 'a region').optional(),
  /** Requests per second and burst, over all callers of a surface. The application limits each caller. */
  throttle: z.strictObject({ rate: bounded(1, 10_000), burst: bounded(1, 5_000) }),
  /** Requests an hour of each account, and of each address that has no account. */
  requestsPerHour: bounded(1, 1_000_000_000),
  anonymousRequestsPerHour: bounded(1, 1_000_000_000),
  /** Who may register. The first account is registered with a secret of the deployment, unless anybody may. */
  registration: z.enum(REGISTRATION, { error: choice(REGISTRATION) }),
  /** How many invocations of a queue's consumer may run at once. The minimum of SQS is 2. */
  consumers: z.strictObject({
    datasets: bounded(2, 1000),
    training: bounded(2, 1000),
    webhooks: bounded(2, 1000),
    predictions: bounded(2, 1000),
    logs: bounded(2, 1000),
    encoders: bounded(2, 1000),
    vault: bounded(2, 1000),
  }),
  /** Of functions and their layer. On an emulator it must be that machine's architecture. */
  architecture: z.enum(['arm64', 'x64'], { error: choice(['arm64', 'x64']) }),
  /** A web application firewall costs money every hour. */
  waf: flag,
  /** Allows API Gateway to write logs: one setting per account and region, which may exist already. */
  apiLogRole: flag,
  /** The origins whose pages may use presigned URLs. */
  corsOrigins: z.array(origin).min(1, 'must name at least one origin'),
  /** US dollars a month; the topic of alarms is notified as the bill approaches it. */
  budget: bounded(1, 1_000_000),
  /** Where alarms go. */
  alarmEmail: matching(/^[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+$/, 'an e-mail address').optional(),
  /** The training containers. Without them jobs run in functions only. */
  batch: flag,
  /** Machines with a GPU for training. */
  gpu: flag,
  /** An existing trainer image; by default Docker builds it. */
  trainerImage: matching({ test: isImage }, 'an image').optional(),
  /** The maximum of virtual processors at once, by kind of machine, of spot and on-demand machines together. */
  maxVcpus: z.strictObject({ cpu: bounded(8, 10_000), gpu: bounded(8, 10_000) }),
  /** The maximum of trainings in functions at once. */
  trainingFunctions: bounded(1, 1000),
  /**
   * Reserves concurrency for training and for the consumers of queues, which is also their maximum: so they never take that
   * of the API. AWS refuses it where less than 100 would be left of the account's quota.
   */
  reserve: flag,
  /** Training jobs that are queued or running, of all accounts and of one. */
  maxJobs: bounded(1, 1_000_000),
  maxJobsPerAccount: bounded(1, 10_000),
  /** Gigabytes of files, of all accounts and of one. */
  maxGigabytes: bounded(1, 10_000_000),
  maxGigabytesPerAccount: bounded(1, 10_000_000),
  /** The hours after which Batch kills a trainer. */
  trainingHours: bounded(1, 168),
  /** Hours that a job waits for a machine while first in the queue. The maximum of Batch is a day. */
  capacityHours: bounded(1, 24),
  /** Minutes after which Batch cancels a job that no machine of the installation could ever run. */
  misconfigurationMinutes: bounded(10, 1440),
  /** A custom domain, with its certificate in the same region. */
  domain: matching(/^([a-z0-9-]+\.)+[a-z]{2,}$/, 'a domain name').optional(),
  certificate: matching(/^arn:[\w-]+:acm:/, 'the ARN of a certificate').optional(),
  /** Overrides of the application's own settings, as `layers/domain/settings.ts` declares them. */
  application: z.record(z.string(), z.json()),
});
export type Settings = z.infer<typeof settingsSchema>;

const common = {
  throttle: { rate: 100, burst: 200 },
  jobDays: 365,
  historyDays: 1095,
  requestsPerHour: 1000,
  anonymousRequestsPerHour: 100,
  registration: 'invite',
  consumers: { datasets: 10, training: 5, webhooks: 20, encoders: 2, predictions: 5, logs: 2, vault: 5 },
  architecture: 'arm64',
  waf: false,
  apiLogRole: true,
  corsOrigins: ['*'],
  batch: true,
  gpu: true,
  maxVcpus: { cpu: 64, gpu: 32 },
  trainingFunctions: 20,
  maxJobs: 100,
  maxJobsPerAccount: LIMITS.activeJobs,
  maxGigabytes: 5000,
  maxGigabytesPerAccount: 2000,
  trainingHours: 24,
  capacityHours: 6,
  misconfigurationMinutes: 30,
  application: {},
} satisfies Partial<Settings>;

export const stages = {
  dev: { ...common, removal: 'destroy', logDays: 7, backupDays: 7, budget: 50, reserve: false },
  prod: { ...common, removal: 'retain', logDays: 90, backupDays: 90, budget: 500, reserve: true },
} as const satisfies Record<string, Settings>;
export type Stage = keyof typeof stages;

/** The settings that `--context` may override: those of a single value under their own names, others as `throttle.rate`. */
export const OVERRIDABLE = [
  'removal',
  'logDays',
  'backupDays',
  'jobDays',
  'historyDays',
  'backupCopiesBucket',
  'backupCopiesRegion',
  'architecture',
  'waf',
  'apiLogRole',
  'budget',
  'alarmEmail',
  'batch',
  'gpu',
  'trainerImage',
  'trainingHours',
  'capacityHours',
  'misconfigurationMinutes',
  'requestsPerHour',
  'anonymousRequestsPerHour',
  'registration',
  'domain',
  'certificate',
  'throttle.rate',
  'throttle.burst',
  'maxVcpus.cpu',
  'maxVcpus.gpu',
  'trainingFunctions',
  'reserve',
  'maxJobs',
  'maxJobsPerAccount',
  'maxGigabytes',
  'maxGigabytesPerAccount',
] as const satisfies readonly (keyof Settings | `throttle.${string}` | `maxVcpus.${string}`)[];

/** `throttle.rate` overrides a part of a setting. */
function overridden(of: Settings, override: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const all: Record<string, unknown> = { ...of };
  for (const [name, value] of Object.entries(override)) {
    if (value === undefined) continue;
    const [setting = '', part] = name.split('.');
    all[setting] = part === undefined ? value : { ...(all[setting] as object), [part]: value };
  }
  return all;
}

/** The message is one line for the user. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/**
 * The settings of a stage with the overrides of the context.
 * @throws SettingsError with one line that names each setting, its bound and what was received
 */
export function readSettings(stage: unknown, override: Readonly<Record<string, unknown>> = {}): Settings {
  if (typeof stage !== 'string' || !Object.hasOwn(stages, stage)) {
    throw new SettingsError(`stage must be one of ${Object.keys(stages).join(', ')}; got ${String(stage)}`);
  }
  const parsed = settingsSchema.safeParse(overridden(stages[stage as Stage], override));
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    throw new SettingsError(`Settings of stage ${stage}: ${faults.join('; ')}`);
  }
  const { domain, certificate } = parsed.data;
  if ((domain === undefined) !== (certificate === undefined)) {
    throw new SettingsError('domain and certificate go together; one of them is missing');
  }
  return parsed.data;
}

/** What an installation may choose, by stage, and what `--context` may override. */
import { z } from 'zod';

/** Days that CloudWatch Logs knows. */
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

/** `--context` hands over text. */
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')], {
  error: choice(['true', 'false']),
});

const matching = (pattern: RegExp, what: string) =>
  z.string().check(z.refine((text) => pattern.test(text), { error: (issue) => `must be ${what}; got ${issue.input}` }));

export const settingsSchema = z.strictObject({
  /** `destroy` deletes data with the stacks: for what can be made again. */
  removal: z.enum(['retain', 'destroy'], { error: choice(['retain', 'destroy']) }),
  logDays: bounded(1, 3653).refine((days) => LOG_DAYS.some((known) => known === days), { error: choice(LOG_DAYS) }),
  /** How long deleted and overwritten files, and what is in the bucket of backups, are kept. */
  backupDays: bounded(1, 3650),
  /** Requests a second and at once, over all callers of a surface. What one caller may do, the application counts. */
  throttle: z.strictObject({ rate: bounded(1, 10_000), burst: bounded(1, 5_000) }),
  /** How many calls of a queue's consumer may run at once. SQS knows no less than 2. */
  consumers: z.strictObject({ datasets: bounded(2, 1000), training: bounded(2, 1000) }),
  /** Of functions and their layer. An emulator runs both on its own machine, so there it is that machine's. */
  architecture: z.enum(['arm64', 'x64'], { error: choice(['arm64', 'x64']) }),
  /** A web application firewall costs money every hour. */
  waf: flag,
  /** Allows API Gateway to write logs: one setting for the account and region, which somebody may have made already. */
  apiLogRole: flag,
  /** Whose pages may read and write files by presigned URL. */
  corsOrigins: z.array(z.string().min(1)).min(1, 'must name at least one origin'),
  /** Told when the month's bill is on its way past this; in US dollars. */
  budget: bounded(1, 1_000_000),
  /** Where alarms go. */
  alarmEmail: matching(/^[^@\s]+@[^@\s]+\.[^@\s]+$/, 'an e-mail address').optional(),
  /** The training containers. Without them jobs run in functions only. */
  batch: flag,
  /** Machines with a GPU for training. */
  gpu: flag,
  /** A trainer image that exists already; without one Docker builds it. */
  trainerImage: matching(/^[\w.-]+(:\d+)?(\/[\w.-]+)+(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/, 'an image').optional(),
  /** Most virtual processors at once, by kind of machine. */
  maxVcpus: z.strictObject({ cpu: bounded(1, 10_000), gpu: bounded(4, 10_000) }),
  /** The hours after which Batch ends a trainer, whatever it was told. */
  trainingHours: bounded(1, 168),
  /** Hours for which a job waits for a machine with nothing ahead of it. Batch counts to a day. */
  capacityHours: bounded(1, 24),
  /** Minutes after which Batch gives up a job that the installation has no machine for, whatever comes free. */
  misconfigurationMinutes: bounded(10, 1440),
  /** A name of your own, with its certificate in the same region. */
  domain: matching(/^([a-z0-9-]+\.)+[a-z]{2,}$/, 'a domain name').optional(),
  certificate: matching(/^arn:[\w-]+:acm:/, 'the ARN of a certificate').optional(),
  /** Overrides of the application's own settings, as `layers/domain/settings.ts` declares them. */
  application: z.record(z.string(), z.json()),
});
export type Settings = z.infer<typeof settingsSchema>;

const common = {
  throttle: { rate: 100, burst: 200 },
  consumers: { datasets: 10, training: 5 },
  architecture: 'arm64',
  waf: false,
  apiLogRole: true,
  corsOrigins: ['*'],
  batch: true,
  gpu: true,
  maxVcpus: { cpu: 64, gpu: 32 },
  trainingHours: 24,
  capacityHours: 6,
  misconfigurationMinutes: 30,
  application: {},
} satisfies Partial<Settings>;

export const stages = {
  dev: { ...common, removal: 'destroy', logDays: 7, backupDays: 7, budget: 50 },
  prod: { ...common, removal: 'retain', logDays: 90, backupDays: 90, budget: 500 },
} as const satisfies Record<string, Settings>;
export type Stage = keyof typeof stages;

/** What `--context` may say: the settings that are one value, under their own names. */
export const OVERRIDABLE = [
  'removal',
  'logDays',
  'backupDays',
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
  'domain',
  'certificate',
] as const satisfies readonly (keyof Settings)[];

/** A line for whoever deploys. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/**
 * The settings of a stage with what the context overrides.
 * @throws SettingsError with one line that names each setting, its bound and what was received
 */
export function readSettings(stage: unknown, override: Readonly<Record<string, unknown>> = {}): Settings {
  if (typeof stage !== 'string' || !Object.hasOwn(stages, stage)) {
    throw new SettingsError(`stage must be one of ${Object.keys(stages).join(', ')}; got ${String(stage)}`);
  }
  const given = Object.fromEntries(Object.entries(override).filter(([, value]) => value !== undefined));
  const parsed = settingsSchema.safeParse({ ...stages[stage as Stage], ...given });
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

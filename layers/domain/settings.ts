/** The settings of an installation. The cloud's wiring and the one-machine host parse theirs with this schema. */
import { z } from 'zod';
import { LIMITS, RATES } from '#domain/limits.ts';
import { pathBelow } from '#domain/vault/names.ts';

const seconds = z.int().min(1);
const count = z.int().min(1);

/** Argon2id. The defaults are OWASP's first recommendation: 19 MiB, two passes, one lane. */
const argon2 = z.strictObject({
  memoryKiB: z.int().min(8).max(4_194_304).default(19_456),
  passes: z.int().min(1).max(100).default(2),
  parallelism: z.int().min(1).max(1).default(1),
});

const rates = z.strictObject({
  authenticatedPerHour: count.default(RATES.authenticatedPerHour),
  anonymousPerHour: count.default(RATES.anonymousPerHour),
  /** Documents and files of their viewers that an address may read. */
  documentsPerHour: count.default(RATES.documentsPerHour),
  /** Failed logins for a name from one address, after which further logins are refused … */
  loginFailures: count.default(RATES.loginFailures),
  /** … from one address for all names … */
  loginFailuresPerAddress: count.default(RATES.loginFailuresPerAddress),
  /** … and for a name from all addresses … */
  loginFailuresPerName: count.default(RATES.loginFailuresPerName),
  /** … for the rest of the window, which begins with the first failure. */
  loginWindowSeconds: seconds.default(RATES.loginWindowSeconds),
  /** How long after a login only the name's own failures from that address limit it there. */
  loginKnownSeconds: seconds.default(RATES.loginKnownSeconds),
});

/** What a new manager of the vault has where its request says nothing else. */
const vault = z.strictObject({
  modelPath: pathBelow.default('./models'),
  encryption: z.boolean().default(true),
  backups: z.boolean().default(true),
  backupIntervalHours: z.number().min(0.25).max(8760).default(24),
  backupRetentionDays: z.int().min(1).max(3650).default(30),
});

/**
 * For how many days what was deleted can be restored, logs are kept (0: not at all, or whoever runs it decides), the records
 * of ended jobs, sweeps and batch predictions are stored, and superseded changes of the catalog (0: for ever).
 */
const days = z.int().min(0).max(3650);
const retention = z.strictObject({
  recoveryDays: days.default(35),
  backupDays: days.default(90),
  logDays: days.default(90),
  jobDays: days.default(365),
  historyDays: days.default(1095),
});

/** What may be at once. Left out: as much as there is room for. */
const caps = z.strictObject({
  /** Training jobs of all accounts that are queued or running … */
  jobs: count.optional(),
  /** … and of one account. */
  jobsPerAccount: count.default(LIMITS.activeJobs),
  /** Bytes of all files of all accounts … */
  storedBytes: count.optional(),
  /** … and of the datasets, models and predictions of one account. */
  storedBytesPerAccount: count.optional(),
});

/** Who may register: anybody, whoever has an invitation, or nobody any more. */
export const REGISTRATION = ['open', 'invite', 'closed'] as const;
export type Registration = (typeof REGISTRATION)[number];

export const settingsSchema = z.strictObject({
  registration: z.enum(REGISTRATION).default('open'),
  /** The `iss` of access tokens. */
  issuer: z.string().min(1).default('trainyard'),
  /** The `aud` of access tokens. */
  audience: z.string().min(1).default('trainyard'),
  accessTokenSeconds: seconds.default(1800),
  refreshTokenSeconds: seconds.default(30 * 86_400),
  rates: rates.prefault({}),
  caps: caps.prefault({}),
  retention: retention.prefault({}),
  argon2: argon2.prefault({}),
  jsonBodyBytes: count.default(LIMITS.jsonBodyBytes),
  /** Of the rows, images or texts of a prediction: what fits through a function behind API Gateway. */
  predictionBodyBytes: count.default(4_500_000),
  /** Of a whole upload request. The default is what fits through a function behind API Gateway. */
  uploadBytes: count.default(4_500_000),
  /** Downloads above this size redirect to a presigned URL. The default is what a function may stream. */
  streamedBytes: count.default(200_000_000),
  /** How many an account may have. */
  webhooks: count.default(LIMITS.webhooks.count),
  /** How many datasets are read at once. One account has at most one fewer, so that it does not hold up the others. */
  datasetReaders: z.int().min(2).max(1000).default(2),
  /** How many models a process that predicts keeps loaded, at most. */
  loadedModels: count.default(256),
  /** How many threads read a large table. The default is what a function has. */
  readingThreads: z.int().min(1).max(16).default(1),
  /** A job that is estimated to take no longer runs in a function, if there is one; a function has 15 minutes. */
  functionSeconds: z.int().min(0).max(600).default(180),
  /** The time limit of a trainer. */
  trainingSeconds: z
    .int()
    .min(60)
    .max(7 * 86_400)
    .default(86_400),
  /** A job that is first in the queue fails after waiting so long for a machine. In the cloud only. */
  waitingSeconds: z.int().min(600).max(86_400).default(21_600),
  /** US dollars per second of a trainer. A deployment sets it for each kind of trainer. */
  trainerSecondPrice: z.number().min(0).default(0),
  /** Whether webhooks may be delivered to receivers on this machine, over HTTP too. Never in the cloud. */
  webhooksToLoopback: z.boolean().default(false),
  vault: vault.prefault({}),
  /** What has more bytes to work on is not begun within a request of the vault: it goes on as a job. */
  vaultBytesAtOnce: count.default(200_000_000),
  /** A job of the vault whose process died goes on after so long; a process that works on it says so four times as often. */
  vaultLeaseSeconds: z.int().min(1).max(900).default(60),
  /** When this host started (RFC 3339). In the cloud, where nothing runs, uptime counts from the deployment. */
  startedAt: z.string().optional(),
  /** The hub from which pretrained encoders are loaded: Hugging Face, or a mirror with the same API. */
  hubUrl: z.url({ protocol: /^https?$/ }).default('https://huggingface.co'),
  /** For repositories that are not open to all … */
  hubToken: z.string().min(1).optional(),
  /** … and those that are loaded with it, as `owner/name` or all of an `owner`: any account may train with what is loaded. */
  hubTokenFor: z.array(z.string()).default([]),
  /** A folder of this machine with repositories as a hub has them, which is looked at first. Never in the cloud. */
  encoderFolder: z.string().min(1).optional(),
  /** The origins that may call from a browser. By default all: tokens are sent in a header, never in a cookie. */
  corsOrigins: z.array(z.string()).default(['*']),
  /** Shown in the OpenAPI document. */
  version: z.string().default('0.1.0'),
});
export type Settings = z.infer<typeof settingsSchema>;

/** Fills in defaults and validates: `parseSettings({})` are the cloud's defaults. Throws `ZodError`. */
export const parseSettings = (given: z.input<typeof settingsSchema>): Settings => settingsSchema.parse(given);

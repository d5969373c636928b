/**
 * Runs one attempt at a training job and exits: with 0 when the outcome is recorded (completed, failed for a reason, or
 * no longer this trainer's), 75 when it was interrupted and another trainer should resume, 1 when it crashed, 2 when
 * the environment is wrong. On SIGTERM, or when its parent dies, it saves a checkpoint within about a second; a trainer
 * may also be killed at any point.
 */
import { writeSync } from 'node:fs';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { logReplacer } from '#domain/log-replacer.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { QUEUES, type QueueName } from '#domain/ports/queue/port.ts';
import { INTERRUPTED_EXIT_CODE } from '#domain/training/attempts.ts';
import type { Log } from '#training/log.ts';
import type { Outcome } from '#training/run-job.ts';
import { listenToParent } from './parent.ts';
import { mostWaitingBytes } from './waiting.ts';

/** What the trainer works at. */
const task = z.object({
  TRAINYARD_ACCOUNT: z.string('must be the id of the account').min(1),
  TRAINYARD_JOB: z.string('must be the id of the job').min(1),
  TRAINYARD_ATTEMPT: z.coerce.number().int().min(1, 'must be the number of the attempt, 1 or more'),
});

/** The trainer's parameters, and where its job is stored. */
const environment = z.object({
  /** Set on one machine, where a trainer is started before there is a task: a line of its standard input says what it is. */
  TRAINYARD_STANDBY: z.literal('1').optional(),
  /** Set by AWS Batch: how often it has started this attempt's container, this run included. */
  AWS_BATCH_JOB_ATTEMPT: z.coerce.number().int().min(1, 'must be 1 or more').default(1),
  /** From one checkpoint to the next. */
  TRAINYARD_CHECKPOINT_SECONDS: z.coerce.number().min(0, 'must be 0 or more').optional(),
  /**
   * A folder on a disk for data that do not fit into memory. Default: the folder of temporary files, which may be in
   * memory.
   */
  TRAINYARD_SCRATCH: z.string().min(1).optional(),
  /** The bytes of memory that it may have. Default: those of its container, or of the machine. */
  TRAINYARD_MEMORY: z.coerce.number().int().min(1, 'must be a number of bytes').optional(),
  /** The folder of an embedded store. Without it the environment describes a deployment; see `layers/aws/wiring.ts`. */
  TRAINYARD_DATA: z.string().min(1).optional(),
});

/** The trainer receives nothing from a queue, so any valid settings do. */
const UNUSED_QUEUE = { visibilitySeconds: 60, maxReceives: 1 };

/** A line of it says that the task is done, and that the trainer waits for another one. */
const DONE_FILE = 3;

/** How long a trainer may take to save a checkpoint after its host has died. */
const ORPHAN_MS = 10_000;

const log: Log = (level, message, more = {}) =>
  console.log(
    JSON.stringify({ level, message, timestamp: new Date().toISOString(), service: 'trainer', ...more }, logReplacer),
  );

const interruption = new AbortController();
process.on('SIGTERM', () => stop());
// The reader may have died; the trainer finishes all the same.
process.stdout.on('error', () => undefined);

const settings = parsedOrExit(environment, process.env);
const { TRAINYARD_DATA, TRAINYARD_CHECKPOINT_SECONDS: seconds, TRAINYARD_SCRATCH: scratch } = settings;
// The image is one file, which has no other that a thread could begin with.
const threads = TRAINYARD_DATA === undefined ? 1 : Math.min(LIMITS.readingThreads, availableParallelism());
const run = settings.AWS_BATCH_JOB_ATTEMPT;
const memoryBytes = settings.TRAINYARD_MEMORY ?? Math.min(process.constrainedMemory() || totalmem(), totalmem());
const isStandby = settings.TRAINYARD_STANDBY !== undefined;
let names: Record<string, unknown> | undefined;
const parent = listenToParent(() => {
  stop();
  setTimeout(() => process.exit(INTERRUPTED_EXIT_CODE), ORPHAN_MS).unref();
});

function stop(): void {
  // Without a task, there is nothing that it could save.
  if (isStandby && names === undefined) process.exit(INTERRUPTED_EXIT_CODE);
  interruption.abort();
}

try {
  // Before anything is awaited: a wrong environment is told at once.
  const given = isStandby ? undefined : parsedOrExit(task, process.env);
  const [{ adapters, close, dollarsPerSecond }, { runJob }, { writableFolder }] = await Promise.all([
    openAdapters(),
    import('#training/run-job.ts'),
    import('#training/scratch.ts'),
  ]);
  const found = isStandby ? await (await import('#engine/device.ts')).findDevice() : undefined;
  if (isStandby && threads > 1) void (await import('#learning/row-thread.ts')).prepareRowThread();
  let outcome: Outcome;
  do {
    const of = given ?? parsedOrExit(task, JSON.parse(await parent.line()));
    const attempt = { accountId: of.TRAINYARD_ACCOUNT, jobId: of.TRAINYARD_JOB, attempt: of.TRAINYARD_ATTEMPT, run };
    const place = { job_id: attempt.jobId, attempt: attempt.attempt, run };
    names = place;
    log('INFO', 'training', place);
    outcome = await runJob(adapters, attempt, {
      log: (level, message, more) => log(level, message, { ...place, ...more }),
      signal: interruption.signal,
      dollarsPerSecond,
      disk: await writableFolder(scratch, tmpdir(), log),
      memoryBytes,
      threads,
      ...(seconds === undefined ? {} : { checkpointMs: seconds * 1000 }),
      ...(found ? { findDevice: async () => found } : {}),
    });
    log('INFO', outcome, place);
  } while (goesOn(outcome));
  await close();
  process.exit(outcome === 'interrupted' ? INTERRUPTED_EXIT_CODE : 0);
} catch (error) {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  if (name === 'EnvironmentError') {
    log('ERROR', message);
    process.exit(2);
  }
  log('ERROR', 'crashed', { ...names, error: { message, stack } });
  process.exit(1);
}

/** Whether it waits for another task of the same account, and has said so. */
function goesOn(outcome: Outcome): boolean {
  if (!isStandby || outcome === 'interrupted' || interruption.signal.aborted) return false;
  // Rows that threads share are given back when they are collected, and V8 does not count how much they are.
  globalThis.gc?.();
  if (process.memoryUsage.rss() > mostWaitingBytes(memoryBytes)) return false;
  names = undefined;
  try {
    writeSync(DONE_FILE, '\n');
    return true;
  } catch {
    // Nobody listens: an earlier host has started it.
    return false;
  }
}

function parsedOrExit<T>(schema: z.ZodType<T>, given: unknown): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  log('ERROR', `wrong environment: ${faults.join('; ')}`);
  process.exit(2);
}

interface Opened {
  readonly adapters: Adapters;
  readonly close: () => Promise<void>;
  readonly dollarsPerSecond: number;
}

/** Loads only one of the two implementations: the image has no embedded store, and one machine no AWS. */
async function openAdapters(): Promise<Opened> {
  if (TRAINYARD_DATA === undefined) {
    const { wire } = await import('#aws/wiring.ts');
    const { adapters, options } = wire(process.env);
    return { adapters, close: async () => undefined, dollarsPerSecond: options.settings.trainerSecondPrice };
  }
  const { openEmbedded } = await import('#embedded/open.ts');
  const adapters = await openEmbedded({
    dir: TRAINYARD_DATA,
    baseUrl: 'http://127.0.0.1',
    queues: Object.fromEntries(QUEUES.map((name) => [name, UNUSED_QUEUE])) as Record<QueueName, typeof UNUSED_QUEUE>,
  });
  return { adapters, close: () => adapters.close(), dollarsPerSecond: 0 };
}

/**
 * Runs one attempt at a training job and ends: exit code 0 when the job's record says how it went (completed, failed
 * for a reason, or no longer this attempt's), 1 when it crashed, 2 when it was called wrongly. SIGTERM ends it at once,
 * also within a long run of the runtime, because nothing handles it: a trainer may be killed at any point.
 */
import { fstatSync } from 'node:fs';
import { z } from 'zod';
import type { Adapters } from '#domain/ports.ts';

/** What the trainer is told, and where it finds its job. */
const environment = z.object({
  TRAINYARD_ACCOUNT: z.string('must be the id of the account').min(1),
  TRAINYARD_JOB: z.string('must be the id of the job').min(1),
  TRAINYARD_ATTEMPT: z.coerce.number().int().min(1, 'must be the number of the attempt, 1 or more'),
  /** The folder of an embedded store. Without it the environment describes a deployment; see `functions/wiring.ts`. */
  TRAINYARD_DATA: z.string().min(1).optional(),
});

/** The trainer only publishes; it takes nothing from a queue, so any valid settings do. */
const UNUSED_QUEUE = { visibilitySeconds: 60, maxReceives: 1 };

const log = (level: 'INFO' | 'ERROR', message: string, more: object = {}): void =>
  console.log(JSON.stringify({ level, message, timestamp: new Date().toISOString(), service: 'trainer', ...more }));

// The first process of a container ignores signals that it does not handle.
if (process.pid === 1) process.once('SIGTERM', () => process.exit(143));

const parsed = environment.safeParse(process.env);
if (!parsed.success) {
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  log('ERROR', `wrong environment: ${faults.join('; ')}`);
  process.exit(2);
}
const { TRAINYARD_ACCOUNT, TRAINYARD_JOB, TRAINYARD_ATTEMPT, TRAINYARD_DATA } = parsed.data;
endWithParent();

try {
  const [{ adapters, close }, { runJob }] = await Promise.all([openWorld(), import('./run-job.ts')]);
  const attempt = { accountId: TRAINYARD_ACCOUNT, jobId: TRAINYARD_JOB, attempt: TRAINYARD_ATTEMPT };
  log('INFO', 'training', { job_id: TRAINYARD_JOB, attempt: TRAINYARD_ATTEMPT });
  const outcome = await runJob(adapters, attempt);
  log('INFO', outcome, { job_id: TRAINYARD_JOB, attempt: TRAINYARD_ATTEMPT });
  await close();
  process.exit(0);
} catch (error) {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  if (name === 'EnvironmentError') {
    log('ERROR', message);
    process.exit(2);
  }
  log('ERROR', 'crashed', { job_id: TRAINYARD_JOB, attempt: TRAINYARD_ATTEMPT, error: { message, stack } });
  process.exit(1);
}

/** Only one of the two is loaded: the image has no embedded store to open, and one machine no AWS. */
async function openWorld(): Promise<{ adapters: Adapters; close: () => Promise<void> }> {
  if (TRAINYARD_DATA === undefined) {
    const { wire } = await import('#functions/wiring.ts');
    return { adapters: wire(process.env).adapters, close: async () => undefined };
  }
  const { openEmbedded } = await import('#embedded/open.ts');
  const adapters = await openEmbedded({
    dir: TRAINYARD_DATA,
    baseUrl: 'http://127.0.0.1',
    queues: { datasets: UNUSED_QUEUE, training: UNUSED_QUEUE },
  });
  return { adapters, close: () => adapters.close() };
}

/** The host keeps our standard input open while it lives. An input that is no pipe says nothing about a parent. */
function endWithParent(): void {
  const input = fstatSync(0);
  if (!input.isFIFO() && !input.isSocket()) return;
  process.stdin.on('end', () => process.exit(1));
  process.stdin.on('error', () => process.exit(1));
  process.stdin.resume();
}

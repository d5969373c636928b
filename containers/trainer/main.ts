/**
 * Runs one attempt at a training job and ends: exit code 0 when the job's record says how it went (completed, failed
 * for a reason, or no longer this attempt's), 1 when it crashed, 2 when it was called wrongly. SIGTERM ends it at once,
 * also within a long run of the runtime, because nothing handles it: a trainer may be killed at any point.
 */
import { fstatSync } from 'node:fs';
import { z } from 'zod';

/** What the trainer is told, and where it finds its job. */
const environment = z.object({
  TRAINYARD_ACCOUNT: z.string('must be the id of the account').min(1),
  TRAINYARD_JOB: z.string('must be the id of the job').min(1),
  TRAINYARD_ATTEMPT: z.coerce.number().int().min(1, 'must be the number of the attempt, 1 or more'),
  TRAINYARD_DATA: z.string('must be the folder of an embedded store, the only one that this trainer can open').min(1),
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
  const [{ openEmbedded }, { runJob }] = await Promise.all([import('#embedded/open.ts'), import('./run-job.ts')]);
  const adapters = await openEmbedded({
    dir: TRAINYARD_DATA,
    baseUrl: 'http://127.0.0.1',
    queues: { datasets: UNUSED_QUEUE, training: UNUSED_QUEUE },
  });
  const attempt = { accountId: TRAINYARD_ACCOUNT, jobId: TRAINYARD_JOB, attempt: TRAINYARD_ATTEMPT };
  log('INFO', 'training', { job_id: TRAINYARD_JOB, attempt: TRAINYARD_ATTEMPT });
  const outcome = await runJob(adapters, attempt);
  log('INFO', outcome, { job_id: TRAINYARD_JOB, attempt: TRAINYARD_ATTEMPT });
  await adapters.close();
  process.exit(0);
} catch (error) {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  log('ERROR', 'crashed', { job_id: TRAINYARD_JOB, attempt: TRAINYARD_ATTEMPT, error: { message, stack } });
  process.exit(1);
}

/** The host keeps our standard input open while it lives. An input that is no pipe says nothing about a parent. */
function endWithParent(): void {
  const input = fstatSync(0);
  if (!input.isFIFO() && !input.isSocket()) return;
  process.stdin.on('end', () => process.exit(1));
  process.stdin.on('error', () => process.exit(1));
  process.stdin.resume();
}

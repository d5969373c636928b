/** The trainer as a process, as the embedded host starts it. */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { isoTime } from '#domain/times.ts';
import { stopJob } from '#domain/training/endings.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { openTrainerWorld, type TrainerWorld } from '../../training/world.ts';

const MAIN = fileURLToPath(new URL('../../../containers/trainer/main.ts', import.meta.url));
/** Generous, for a busy machine. */
const SEVERAL_PROCESSES_MS = 90_000;
const FOREVER = { hyperparameters: { epochs: 10_000, learning_rate: 1e-6 } };

let world: TrainerWorld;
let child: ChildProcess | undefined;
beforeEach(async () => {
  world = await openTrainerWorld();
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await world.close();
});

interface Line {
  readonly message: string;
  readonly steps?: number;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** @param more of its files, after the first three */
function start(env: Readonly<Record<string, string>>, more: readonly 'pipe'[] = []) {
  const process_ = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'inherit', ...more],
  }) as ChildProcessByStdio<Writable, Readable, null>;
  child = process_;
  const lines: Line[] = [];
  createInterface(process_.stdout).on('line', (line) => lines.push(JSON.parse(line) as Line));
  const closed = once(process_, 'close').then(([code, signal]: unknown[]) => ({ code, signal, lines }));
  return { process: process_, lines, closed };
}

const startFor = (job: Job, more: Readonly<Record<string, string>> = {}) =>
  start({
    ...more,
    TRAINYARD_DATA: world.dir,
    TRAINYARD_ACCOUNT: job.account_id,
    TRAINYARD_JOB: job.id,
    TRAINYARD_ATTEMPT: String(job.attempt),
  });
const find = async (): Promise<Job> => (await findJob(world.adapters.table, world.accountId, 'j'))!;

/** Checks after every write. */
function until(holds: () => Promise<boolean>): Promise<void> {
  return new Promise((resolve) => {
    const look = async (): Promise<void> => {
      if (!(await holds())) return;
      unwatch();
      resolve();
    };
    const unwatch = world.watch(() => void look());
  });
}

const untilItHasLearned = () => until(async () => (await find()).current_epoch > 0);
const untilThereIs = (key: string) => until(async () => (await world.adapters.blobs.artifacts.head(key)) !== undefined);
/** A trainer reports its progress often enough for that. */
const untilSaid = (lines: readonly Line[], wanted: string) =>
  until(async () => lines.some(({ message }) => message === wanted));

test('completes its job and exits with 0', async () => {
  const { closed } = startFor(await world.queue('j'));
  const { code, lines } = await closed;
  expect(lines.map(({ message }) => message)).toEqual(['training', 'device', 'completed']);
  expect(code).toBe(0);
  expect((await find()).status).toBe('completed');
});

describe('started before there is a task', () => {
  const STANDBY = { TRAINYARD_STANDBY: '1' };

  test('runs the one that its first line of input names', async () => {
    const job = await world.queue('j');
    const { process: trainer, closed } = start({ ...STANDBY, TRAINYARD_DATA: world.dir });
    const { account_id: TRAINYARD_ACCOUNT, id: TRAINYARD_JOB, attempt: TRAINYARD_ATTEMPT } = job;
    trainer.stdin.write(`${JSON.stringify({ TRAINYARD_ACCOUNT, TRAINYARD_JOB, TRAINYARD_ATTEMPT })}\n`);
    const { code, lines } = await closed;
    expect([code, lines.at(-1)!.message]).toEqual([0, 'completed']);
    expect((await find()).status).toBe('completed');
  });

  test('goes on with the next one where its host listens, to the same model as a trainer of its own', async () => {
    const jobs = [await world.queue('j'), await world.queue('k'), await world.queue('alone')];
    const { process: trainer, closed } = start({ ...STANDBY, TRAINYARD_DATA: world.dir }, ['pipe']);
    for (const job of jobs.slice(0, 2)) {
      const [TRAINYARD_ACCOUNT, TRAINYARD_JOB, TRAINYARD_ATTEMPT] = [job.account_id, job.id, job.attempt];
      trainer.stdin.write(`${JSON.stringify({ TRAINYARD_ACCOUNT, TRAINYARD_JOB, TRAINYARD_ATTEMPT })}\n`);
      await once(trainer.stdio[3] as Readable, 'data');
    }
    trainer.stdin.end();
    expect(await closed).toMatchObject({ code: 75, signal: null });
    await startFor(jobs[2]!).closed;
    const models = await Promise.all(
      ['j', 'k', 'alone'].map(async (id) => {
        const { model_id } = (await findJob(world.adapters.table, world.accountId, id))!;
        return sha256(
          await buffer(
            (await world.adapters.blobs.artifacts.get(blobKeys.modelFile(world.accountId, model_id!, 'model.onnx')))
              .body,
          ),
        );
      }),
    );
    expect(new Set(models).size).toBe(1);
  });

  test('ends where its host does before that', async () => {
    const { process: trainer, closed } = start({ ...STANDBY, TRAINYARD_DATA: world.dir });
    trainer.stdin.end();
    expect(await closed).toMatchObject({ code: 75, lines: [] });
  });

  test('names what a wrong line lacks', async () => {
    const { process: trainer, closed } = start({ ...STANDBY, TRAINYARD_DATA: world.dir });
    trainer.stdin.write('{"TRAINYARD_ACCOUNT":"a","TRAINYARD_ATTEMPT":1}\n');
    const { code, lines } = await closed;
    expect([code, lines.at(-1)!.message]).toEqual([
      2,
      expect.stringContaining('TRAINYARD_JOB must be the id of the job'),
    ]);
  });
});

test('exits with 0 soon after its job was stopped', async () => {
  const { closed } = startFor(await world.queue('j', FOREVER));
  await untilItHasLearned();
  await stopJob(world.adapters.table, await find(), isoTime(Date.now()));
  const { code, lines } = await closed;
  expect(lines.at(-1)!.message).toBe('ended');
  expect(code).toBe(0);
  expect((await world.adapters.blobs.artifacts.list('')).blobs).toEqual([]);
});

test(
  'saves a checkpoint on SIGTERM, and when its parent process dies, and exits as interrupted',
  async () => {
    const job = await world.queue('j', FOREVER);
    const first = startFor(job);
    await untilItHasLearned();
    first.process.kill('SIGTERM');
    expect(await first.closed).toMatchObject({ code: 75, signal: null });
    expect((await find()).status).toBe('running');

    // The same attempt on another host, as Batch starts it.
    const second = startFor(job, { AWS_BATCH_JOB_ATTEMPT: '2' });
    second.process.stdin.end();
    const { code, lines } = await second.closed;
    expect([code, lines.at(-1)!.message]).toEqual([75, 'interrupted']);
    expect(await find()).toMatchObject({ attempt: 1, run: 2 });

    const third = startFor(await world.begin('j'));
    await untilSaid(third.lines, 'resumed');
    third.process.kill('SIGTERM');
    await third.closed;
    expect(third.lines.find(({ message }) => message === 'resumed')!.steps).toBeGreaterThan(0);
  },
  SEVERAL_PROCESSES_MS,
);

test('does the same if its host was killed and nobody reads its output', async () => {
  const { process: trainer, closed } = startFor(await world.queue('j', FOREVER));
  trainer.stdout.destroy();
  await untilItHasLearned();
  trainer.stdin.end();
  expect((await closed).code).toBe(75);
  expect(await world.adapters.blobs.artifacts.head(blobKeys.checkpoint(world.accountId, 'j'))).toBeDefined();
});

test(
  'that is killed without a warning resumes from its last checkpoint',
  async () => {
    const first = startFor(await world.queue('j', FOREVER), { TRAINYARD_CHECKPOINT_SECONDS: '0' });
    await untilThereIs(blobKeys.checkpoint(world.accountId, 'j'));
    first.process.kill('SIGKILL');
    expect(await first.closed).toMatchObject({ code: null, signal: 'SIGKILL' });
    const second = startFor(await world.begin('j'));
    await untilSaid(second.lines, 'resumed');
    await stopJob(world.adapters.table, await find(), isoTime(Date.now()));
    expect((await second.closed).code).toBe(0);
    expect((await world.adapters.blobs.artifacts.list('')).blobs).toEqual([]);
  },
  SEVERAL_PROCESSES_MS,
);

test('names the missing variables', async () => {
  const { code, lines } = await start({ TRAINYARD_ACCOUNT: 'a', TRAINYARD_ATTEMPT: '0' }).closed;
  expect(code).toBe(2);
  expect(lines.map(({ message }) => message)).toEqual([
    'wrong environment: TRAINYARD_JOB must be the id of the job; TRAINYARD_ATTEMPT must be the number of the attempt, 1 or more',
  ]);
});

test('without a folder it needs a deployment, and names its missing variables', async () => {
  const { code, lines } = await start({ TRAINYARD_ACCOUNT: 'a', TRAINYARD_JOB: 'j', TRAINYARD_ATTEMPT: '1' }).closed;
  expect(code).toBe(2);
  expect(lines.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^wrong environment: TRAINYARD_TABLE must be the name of the table; .*TRAINYARD_KEY_DATA must/,
    ),
  ]);
});

/** A trainer that is interrupted, and the next one, which resumes. */
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import type { Write } from '#domain/ports/table/port.ts';
import { isoTime } from '#domain/times.ts';
import { startJob } from '#domain/training/attempts.ts';
import { stopJob } from '#domain/training/endings.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { CheckpointFile } from '#training/checkpoints.ts';
import { Ended, Reporter } from '#training/reporter.ts';
import { type Outcome, type RunOptions, runJob, type TrainerAdapters } from '#training/run-job.ts';
import { replacing } from '../functions/events/world.ts';
import { openTrainerWorld, type TrainerWorld } from './world.ts';

const EPOCHS = 6;

let world: TrainerWorld;
let log: { message: string; [name: string]: unknown }[];
beforeEach(async () => {
  world = await openTrainerWorld();
  log = [];
});
afterEach(() => world.close());

const find = async (id: string): Promise<Job> => (await findJob(world.adapters.table, world.accountId, id))!;
const queue = (id: string) => world.queue(id, { hyperparameters: { epochs: EPOCHS, dropout: 0.2, batch_size: 64 } });
const checkpoints = async () => (await world.adapters.blobs.artifacts.list('checkpoints/')).blobs.map(({ key }) => key);
const messages = () => log.map(({ message }) => message).filter((message) => message !== 'device');

/**
 * Adapters with a clock by which every report is due, and a callback before each change of a record, counted from 1.
 */
function watched(before: (update: number) => void | Promise<void> = () => {}): TrainerAdapters {
  const { table } = world.adapters;
  let updates = 0;
  const isReport = ([first]: readonly Write[]) =>
    first?.kind === 'update' && first.change.set?.heartbeat_at !== undefined && 'progress' in first.change.set;
  return {
    ...world.adapters,
    now: () => {
      world.clock.now += 1000;
      return world.clock.now;
    },
    table: replacing(table, {
      update: async (...args: Parameters<typeof table.update>) => {
        updates++;
        await before(updates);
        return table.update(...args);
      },
      transact: async (...args: Parameters<typeof table.transact>) => {
        if (isReport(args[0])) {
          updates++;
          await before(updates);
        }
        return table.transact(...args);
      },
    }),
  };
}

const run = (job: Job, adapters: TrainerAdapters, options: Partial<RunOptions> = {}, runs = 1): Promise<Outcome> =>
  runJob(
    adapters,
    { accountId: job.account_id, jobId: job.id, attempt: job.attempt, run: runs },
    { log: (_, message, more) => log.push({ message, ...more }), ...options },
  );

/** Runs until so many changes were made to its record, and is interrupted then. */
function runUntil(job: Job, updates: number, runs = 1, options: Partial<RunOptions> = {}): Promise<Outcome> {
  const leave = new AbortController();
  const adapters = watched((update) => {
    if (update === updates) leave.abort();
  });
  return run(job, adapters, { ...options, signal: leave.signal }, runs);
}

/** Everything that a job has produced, without its own name. */
async function resultOf(id: string) {
  const { final_metrics, model_id, metrics, current_epoch } = await find(id);
  const { artifacts } = world.adapters.blobs;
  const { body } = await artifacts.get(blobKeys.modelFile(world.accountId, model_id!, 'model.onnx'));
  const model = (await buffer(body)).toString('latin1').replaceAll(id, '-');
  const history = await world.artifact(blobKeys.jobHistory(world.accountId, id));
  return { final_metrics, metrics, current_epoch, history, model };
}

describe('a trainer that is interrupted', () => {
  test('saves a checkpoint, and the next one reaches the same bits, wherever it was interrupted', async () => {
    await run(await queue('whole'), world.adapters);
    const whole = await resultOf('whole');
    for (const changes of [3, 7, 12]) {
      const id = `twic${changes % 10}`;
      expect(await runUntil(await queue(id), changes)).toBe('interrupted');
      expect(await find(id)).toMatchObject({ status: 'running' });
      expect(await checkpoints()).toEqual([blobKeys.checkpoint(world.accountId, id)]);
      log = [];
      expect(await run(await world.begin(id), watched())).toBe('completed');
      expect(messages()).toEqual(['resumed']);
      expect(log.find(({ message }) => message === 'resumed')!.steps).toBeGreaterThan(0);
      expect(await resultOf(id)).toEqual(whole);
      expect(await checkpoints()).toEqual([]);
    }
  });

  test('while it still reads its data saves no checkpoint', async () => {
    const leave = AbortSignal.abort();
    expect(await run(await queue('j'), watched(), { signal: leave })).toBe('interrupted');
    expect(await checkpoints()).toEqual([]);
    expect(await run(await world.begin('j'), watched())).toBe('completed');
  });

  test('is not mistaken for one whose job was stopped, which saves none', async () => {
    const leave = new AbortController();
    const adapters = watched(async (update) => {
      if (update !== 5) return;
      await stopJob(world.adapters.table, await find('j'), isoTime(world.clock.now));
      leave.abort();
    });
    expect(await run(await queue('j'), adapters, { signal: leave.signal })).toBe('ended');
    expect(await checkpoints()).toEqual([]);
  });
});

describe('what the first trainer has reported', () => {
  test('is not reported again, and never decreases', async () => {
    expect(await runUntil(await queue('j'), 9)).toBe('interrupted');
    const before = await find('j');
    expect(before.progress).toBeGreaterThan(20);
    const first = await world.events();
    // The checkpoint is lost: the second trainer must do everything again.
    await world.adapters.blobs.artifacts.delete(blobKeys.checkpoint(world.accountId, 'j'));
    const seen: Job[] = [];
    const again = await world.begin('j');
    await run(
      again,
      watched(async () => void seen.push(await find('j'))),
    );
    for (const job of seen)
      expect([job.progress, job.current_epoch]).toEqual([
        Math.max(job.progress, before.progress),
        Math.max(job.current_epoch, before.current_epoch),
      ]);
    const events = [...first, ...(await world.events())];
    const tenths = events
      .filter((event) => event['detail-type'] === 'training.progress')
      .map(({ detail }) => Math.floor(Number(detail.progress) / 10));
    expect(tenths).toEqual([...new Set(tenths)].sort((a, b) => a - b));
    const rest = events.map((event) => event['detail-type']).filter((type) => type !== 'training.progress');
    expect(rest).toEqual(['training.started', 'model.created', 'training.completed']);
  });

  test('sums the compute time of each trainer, without the time in between', async () => {
    const job = await queue('j');
    const began = world.clock.now;
    await runUntil(job, 12);
    const first = (world.clock.now - began) / 1000;
    const { compute_seconds: before } = await find('j');
    expect(before).toBeGreaterThan(first / 2);
    expect(before).toBeLessThanOrEqual(first);
    world.clock.now += 3_600_000;
    const resumed = world.clock.now;
    await run(await world.begin('j'), watched());
    const { compute_seconds: all } = await find('j');
    const second = (world.clock.now - resumed) / 1000;
    expect(all - before).toBeGreaterThan(0.8 * second);
    expect(all - before).toBeLessThanOrEqual(second);
    expect(before).toBeGreaterThan(0.2 * second);
  });

  test('sums the cost of each trainer, by the price of its machine', async () => {
    await runUntil(await queue('j'), 12, 1, { dollarsPerSecond: 2 });
    const { compute_seconds: first, estimated_cost: before } = await find('j');
    expect([first > 0, before]).toEqual([true, expect.closeTo(2 * first, 9)]);
    await run(await world.begin('j'), watched(), { dollarsPerSecond: 3 });
    const { compute_seconds: all, estimated_cost: cost } = await find('j');
    expect(cost).toBeCloseTo(before + 3 * (all - first), 9);
  });
});

describe('a trainer that was killed', () => {
  /** Saves a checkpoint whenever possible, and is killed without a warning. */
  const killed = async (job: Job): Promise<void> => {
    const adapters = watched((update) => {
      if (update > 12) throw new Error('killed');
    });
    await expect(run(job, adapters, { checkpointMs: 0 })).rejects.toThrow('killed');
  };

  test('is followed by one that resumes from its last checkpoint, or begins from the start if that is damaged', async () => {
    await run(await queue('whole'), world.adapters);
    const whole = await resultOf('whole');
    await killed(await queue('twice'));
    expect(await run(await world.begin('twice'), world.adapters)).toBe('completed');
    expect(messages()).toEqual(['resumed']);
    expect(await resultOf('twice')).toEqual(whole);

    await killed(await queue('anew1'));
    const { artifacts } = world.adapters.blobs;
    const key = blobKeys.checkpoint(world.accountId, 'anew1');
    const file = await buffer((await artifacts.get(key)).body);
    await artifacts.put(key, file.subarray(0, -1));
    expect(await run(await world.begin('anew1'), world.adapters)).toBe('completed');
    expect(log.find(({ message }) => message === 'checkpoint not used, training from the start')).toMatchObject({
      reason: expect.stringContaining('the file is damaged'),
    });
    expect(await resultOf('anew1')).toEqual(whole);
    expect(await checkpoints()).toEqual([]);
  });

  test('and wakes up after another run has completed the job, writes nothing', async () => {
    const job = await queue('j');
    const { artifacts } = world.adapters.blobs;
    const written: string[] = [];
    let isLate = false;
    const adapters = watched(async (update) => {
      if (update !== 6) return;
      expect(await run(job, world.adapters, {}, 2)).toBe('completed');
      isLate = true;
    });
    const watching = replacing(artifacts, {
      put: (...args: Parameters<typeof artifacts.put>) => {
        if (isLate) written.push(args[0]);
        return artifacts.put(...args);
      },
    });
    const zombie = { ...adapters, blobs: { ...adapters.blobs, artifacts: watching } };
    expect(await run(job, zombie, { checkpointMs: 0 })).toBe('ended');
    expect([isLate, written]).toEqual([true, []]);
    expect(await find('j')).toMatchObject({ status: 'completed', run: 2 });
    expect(await checkpoints()).toEqual([]);
  });

  test('and wakes up with a checkpoint to write, does not write that either', async () => {
    const { table, blobs } = world.adapters;
    const queued = await queue('j');
    const start = (of: number) => startJob(table, queued, { run: of, device: 'cpu' }, isoTime(world.clock.now));
    const [{ job: first }, { job: second }] = [(await start(1))!, (await start(2))!];
    const keep = (job: Job) =>
      new CheckpointFile(blobs.artifacts, job, () => {}).keep([Buffer.from('x')], new Reporter(world.adapters, job));
    await expect(keep(first)).rejects.toThrow(Ended);
    expect(await checkpoints()).toEqual([]);
    await keep(second);
    expect(await checkpoints()).toEqual([blobKeys.checkpoint(world.accountId, 'j')]);
  });
});

test('a checkpoint that cannot be written or read costs time, not the job', async () => {
  const { artifacts } = world.adapters.blobs;
  const away = (key: string) => key.startsWith('checkpoints/');
  const broken = replacing(artifacts, {
    put: (...args: Parameters<typeof artifacts.put>) =>
      away(args[0]) ? Promise.reject(new Error('no space')) : artifacts.put(...args),
    get: (...args: Parameters<typeof artifacts.get>) =>
      away(args[0]) ? Promise.reject(new Error('no answer')) : artifacts.get(...args),
    delete: (key: string) => (away(key) ? Promise.reject(new Error('no way')) : artifacts.delete(key)),
  });
  const adapters = { ...world.adapters, blobs: { ...world.adapters.blobs, artifacts: broken } };
  await queue('j');
  expect(await run(await world.begin('j'), adapters, { checkpointMs: 0 })).toBe('completed');
  expect(new Set(messages())).toEqual(
    new Set(['checkpoint not read', 'checkpoint not written', 'checkpoint not deleted']),
  );
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Dataset } from '#domain/datasets/record.ts';
import { indexes, keys } from '#domain/keys.ts';
import { completeTrial, failJob } from '#domain/training/endings.ts';
import { getJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { advanceSweep, advanceSweeps } from '#functions/events/advance-sweep.ts';
import { makeHandler as makeSettle } from '#functions/events/settle-training.ts';
import { openPlatform, type Platform } from './harness.ts';
import { completed, ready, running, uploaded } from './records.ts';

let platform: Platform;
let token: string;
let dataset: Dataset;
let people = 0;
beforeAll(async () => {
  platform = await openPlatform();
});
beforeEach(async () => {
  token = await platform.login(`person-${'x'.repeat(++people)}`);
  dataset = await ready(platform, await uploaded(platform, token, 'Penguins'));
});
afterAll(() => platform.close());

const AT = '2026-01-01T00:00:00.000Z';
const start = (json: object) =>
  platform.call({
    method: 'POST',
    path: '/training/sweeps',
    token,
    json: { dataset_id: dataset.id, model_type: 'mlp', ...json },
  });
const read = async (id: string) => (await platform.call({ path: `/training/sweeps/${id}`, token })).body;
const context = () => ({
  ...platform.store,
  now: () => platform.clock.now,
  logger: { debug() {}, info() {}, warn() {}, error() {} },
});
const advance = (id: string) => advanceSweep(context(), dataset.account_id, id);

/** Ends a trial as a trainer does. */
async function end(jobId: string, score: number | undefined, seconds = 0): Promise<void> {
  const { table } = platform.store;
  const job: Job = await running(platform, dataset.account_id, jobId);
  if (score === undefined) await failJob(table, job, 'The loss must be a finite number', AT);
  else {
    const usage = { compute_seconds: seconds, estimated_cost: seconds / 1000 };
    const last = { final_metrics: { val_loss: score }, metrics: {}, current_epoch: 1, score, ...usage };
    await completeTrial(table, job, last, AT);
  }
}

type Shown = { number: number; job_id: string | null; status: string; score: number | null; hyperparameters: object };

describe('a sweep', () => {
  test('tries every combination of a grid, a few at a time, and trains the best once more for its model', async () => {
    const begun = await start({
      method: 'grid',
      space: { learning_rate: [0.1, 0.01], batch_size: [8, 16] },
      parallel: 3,
    });
    expect(begun.status).toBe(201);
    const id = begun.body.sweep_id;
    let trials: Shown[] = (await read(id)).trials;
    expect(trials.map(({ status }) => status)).toEqual(['running', 'running', 'running', 'pending']);
    expect(trials.map(({ hyperparameters }) => hyperparameters)).toMatchObject([
      { learning_rate: 0.1, batch_size: 8 },
      { learning_rate: 0.1, batch_size: 16 },
      { learning_rate: 0.01, batch_size: 8 },
      { learning_rate: 0.01, batch_size: 16 },
    ]);
    const scores = [0.3, undefined, 0.1, 0.2];
    for (const [i, score] of scores.entries()) {
      await end(trials[i]!.job_id!, score);
      await advance(id);
      trials = (await read(id)).trials;
    }
    expect(trials.map(({ score }) => score)).toEqual([0.3, null, 0.1, 0.2]);
    expect(trials[1]).toMatchObject({ status: 'failed', error: 'The loss must be a finite number' });
    const { best_trial, job_id, status } = await read(id);
    expect({ best_trial, status }).toEqual({ best_trial: 3, status: 'running' });
    const final = await running(platform, dataset.account_id, job_id);
    expect(final.hyperparameters).toMatchObject({ learning_rate: 0.01, batch_size: 8 });
    const model = await completed(platform, final, Buffer.from('model'));
    await advance(id);
    expect(await read(id)).toMatchObject({ status: 'completed', model_id: model.id });
  });

  test('draws from ranges, the same each time', async () => {
    const space = { learning_rate: { min: 0.001, max: 0.1, scale: 'log' } };
    const drawn = async () => (await start({ space, trials: 3 })).body.trials as Shown[];
    const [one, two] = [await drawn(), await drawn()];
    expect(two.map(({ hyperparameters }) => hyperparameters)).toEqual(
      one.map(({ hyperparameters }) => hyperparameters),
    );
    for (const { hyperparameters } of one) {
      const { learning_rate } = hyperparameters as { learning_rate: number };
      expect(learning_rate).toBeGreaterThanOrEqual(0.001);
      expect(learning_rate).toBeLessThanOrEqual(0.1);
    }
  });

  test('draws whole numbers for a hyperparameter that takes no others', async () => {
    const space = { batch_size: { min: 8, max: 64 }, dropout: { min: 0, max: 0.5 } };
    const { status, body } = await start({ space, trials: 4 });
    expect(status).toBe(201);
    const drawn = (body.trials as Shown[]).map(({ hyperparameters }) => hyperparameters as Record<string, number>);
    expect(drawn.every(({ batch_size }) => Number.isInteger(batch_size))).toBe(true);
    expect(drawn.some(({ dropout }) => !Number.isInteger(dropout))).toBe(true);
  });

  test('draws from within a range only, also where its bounds have more digits than a trial', async () => {
    const space = { batch_size: { min: 2.5, max: 4.7 }, dropout: { min: 0.12342, max: 0.12348 } };
    const drawn: Shown[] = (await start({ space, trials: 12 })).body.trials;
    const values = drawn.map(({ hyperparameters }) => hyperparameters as Record<string, number>);
    expect([...new Set(values.map(({ batch_size }) => batch_size))].sort()).toEqual([3, 4]);
    for (const { dropout } of values) expect(dropout! >= 0.12342 && dropout! <= 0.12348).toBe(true);
    expect((await start({ space: { batch_size: { min: 1.5, max: 2.5 } }, trials: 5 })).body).toMatchObject({
      notice: 'The space has 1 combination, so that there are not 5 trials',
      trials: [{ hyperparameters: { batch_size: 2 } }],
    });
  });

  test('refuses a range without a whole number where only those are drawn', async () => {
    const { status, body } = await start({ space: { batch_size: { min: 2.5, max: 2.9 } } });
    expect([status, body.details]).toEqual([
      400,
      [
        {
          field: 'space.batch_size',
          message: 'must have a whole number from min to max, since only those are drawn; got 2.5 and 2.9',
        },
      ],
    ]);
  });

  test('tries nothing twice, and says that the space has fewer', async () => {
    const space = { batch_size: [8, 16], dropout: { min: 0.1, max: 0.1002 } };
    const { status, body } = await start({ space, trials: 10 });
    const drawn: Shown[] = body.trials;
    expect([status, new Set(drawn.map(({ hyperparameters }) => JSON.stringify(hyperparameters))).size]).toEqual([
      201, 6,
    ]);
    expect(drawn).toHaveLength(6);
    expect(body.notice).toBe('The space has 6 combinations, so that there are not 10 trials');
    expect((await start({ space: { batch_size: { min: 8, max: 12 } }, trials: 5 })).body).toMatchObject({
      notice: null,
      trials: [{}, {}, {}, {}, {}],
    });
  });

  test('shares its budget among the trials that begin, and leaves enough to train the best once more', async () => {
    const begun = await start({
      ...{ method: 'grid', max_seconds: 90, max_cost: 1, trial_max_cost: 0.1 },
      space: { batch_size: [8, 16, 32, 64] },
    });
    const id = begun.body.sweep_id;
    const jobOf = (jobId: string | null) => getJob(platform.store.table, dataset.account_id, jobId!);
    const trials = async (): Promise<Shown[]> => (await read(id)).trials;
    for (const { job_id } of (await trials()).slice(0, 2)) {
      expect(await jobOf(job_id)).toMatchObject({ max_seconds: 30, max_cost: 0.1 });
    }
    await end((await trials())[0]!.job_id!, 0.3, 30);
    await advance(id);
    // Of 90, 30 are used and 30 are for the one that runs. The best so far would need all that is left.
    expect((await trials()).map(({ status }) => status)).toEqual(['completed', 'running', 'pending', 'pending']);
    await end((await trials())[1]!.job_id!, 0.2, 20);
    await advance(id);
    const third = (await trials())[2]!;
    expect(await jobOf(third.job_id)).toMatchObject({ max_seconds: 10, max_cost: 0.1 });
    await end(third.job_id!, 0.1, 10.5);
    await advance(id);
    const ended = await read(id);
    expect(ended).toMatchObject({
      ...{ best_trial: 3, compute_seconds: 60.5, estimated_cost: 0.0605, max_seconds: 90, trial_max_seconds: null },
      notice: null,
    });
  });

  test('whose budget is used up trains the best of the trials that it had', async () => {
    const space = { batch_size: [8, 16, 32] };
    const { sweep_id: id } = (await start({ method: 'grid', max_seconds: 20, parallel: 1, space })).body;
    await end((await read(id)).trials[0].job_id, 0.3, 10.1);
    await advance(id);
    const { trials, best_trial, notice, job_id } = await read(id);
    const stopped = { status: 'stopped', error: 'max_seconds of the sweep is used up' };
    expect(trials).toMatchObject([{ status: 'completed' }, stopped, stopped]);
    expect({ best_trial, notice }).toEqual({
      best_trial: 1,
      notice:
        'max_seconds of the sweep is used up: 2 of 3 trials have not begun. Trials have left 9.9 of max_seconds, and the training of the best may use 10.1, as its trial did',
    });
    const final = await running(platform, dataset.account_id, job_id);
    expect(final.max_seconds).toBe(10.1);
    await completed(platform, final, Buffer.from('model'));
    await advance(id);
    expect(await read(id)).toMatchObject({ status: 'completed', best_trial: 1 });
  });

  test('whose trials used nearly all lets the best use what its trial did, and says what became of it', async () => {
    const space = { batch_size: [8, 16] };
    const { sweep_id: id } = (await start({ method: 'grid', max_seconds: 2, parallel: 2, space })).body;
    for (const { job_id } of (await read(id)).trials) await end(job_id, 0.1, 0.85);
    await advance(id);
    const { job_id, notice } = await read(id);
    const final = await running(platform, dataset.account_id, job_id);
    expect(final.max_seconds).toBe(0.85);
    expect(notice).toBe(
      'Trials have left 0.3 of max_seconds, and the training of the best may use 0.85, as its trial did',
    );
    await completed(platform, final, Buffer.from('model'), {}, { current_epoch: 0, stop_reason: 'max_seconds' });
    await advance(id);
    expect((await read(id)).notice).toBe(
      `${notice}. The model was trained for 0 epochs only, until max_seconds: its val_loss is 0.2, that of trial 1 was 0.1`,
    );
  });

  describe('that starts from a model', () => {
    const startingFrom = async (start_from: string) =>
      start({ method: 'grid', space: { batch_size: [8, 16] }, parallel: 1, start_from });
    const aModel = async () => {
      const json = { dataset_id: dataset.id, model_type: 'mlp' };
      const { body } = await platform.call({ method: 'POST', path: '/training/start', token, json });
      const job = await running(platform, dataset.account_id, body.job_id);
      return completed(platform, job, Buffer.from('m'), {
        artifacts: [{ file: 'model.safetensors', size: 1, sha256: '00' }],
      });
    };
    const removeModel = (id: string) => platform.call({ method: 'DELETE', path: `/models/${id}`, token });

    test('has each of its jobs start from it, and holds it as long as it is running', async () => {
      const model = await aModel();
      const { status, body } = await startingFrom(model.id);
      expect([status, body.start_from]).toEqual([201, model.id]);
      const id = body.sweep_id;
      for (const i of [0, 1]) {
        const jobId = (await read(id)).trials[i].job_id;
        expect((await getJob(platform.store.table, dataset.account_id, jobId)).parent_id).toBe(model.id);
        await end(jobId, 0.1);
        expect((await removeModel(model.id)).status).toBe(409);
        await advance(id);
      }
      const final = await running(platform, dataset.account_id, (await read(id)).job_id);
      expect(final.parent_id).toBe(model.id);
      await completed(platform, final, Buffer.from('m'));
      await advance(id);
      expect((await read(id)).status).toBe('completed');
      expect((await removeModel(model.id)).status).toBe(204);
    });

    test('is refused where there is no such model, or one without weights', async () => {
      expect((await startingFrom('0199a000-0000-7000-8000-000000000000')).status).toBe(404);
      const json = { dataset_id: dataset.id, model_type: 'mlp' };
      const job = (await platform.call({ method: 'POST', path: '/training/start', token, json })).body.job_id;
      const bare = await completed(platform, await running(platform, dataset.account_id, job), Buffer.from('m'));
      expect((await startingFrom(bare.id)).body.details[0]).toMatchObject({ field: 'start_from' });
    });
  });

  test('of successive halving trains the best of a rung for longer', async () => {
    const begun = await start({
      ...{
        method: 'halving',
        trials: 4,
        factor: 2,
        parallel: 5,
        metric: 'val_accuracy',
        hyperparameters: { epochs: 20 },
      },
      space: { learning_rate: [0.1, 0.01, 0.001, 0.0001] },
    });
    const id = begun.body.sweep_id;
    const epochs = (trials: Shown[]) =>
      trials.map(({ hyperparameters }) => (hyperparameters as { epochs: number }).epochs);
    let trials: Shown[] = (await read(id)).trials;
    expect(epochs(trials)).toEqual([5, 5, 5, 5]);
    for (const [i, { job_id }] of trials.entries()) await end(job_id!, i / 10);
    await advance(id);
    trials = (await read(id)).trials;
    expect(epochs(trials)).toEqual([5, 5, 5, 5, 10, 10]);
    expect(trials[4]!.hyperparameters).toMatchObject({ ...trials[3]!.hyperparameters, epochs: 10 });
    for (const { job_id } of trials.slice(4)) await end(job_id!, 0.9);
    await advance(id);
    trials = (await read(id)).trials;
    expect(epochs(trials)).toEqual([5, 5, 5, 5, 10, 10, 20]);
    await end(trials[6]!.job_id!, 0.95);
    await advance(id);
    expect(await read(id)).toMatchObject({ best_trial: 7, job_id: expect.any(String) });
  });

  test('has its jobs recorded before they exist, and the schedule creates them once there is a slot', async () => {
    const one = (await start({ space: { batch_size: [8, 16, 32, 64, 128] }, trials: 5, parallel: 5 })).body.sweep_id;
    const two = (await start({ space: { batch_size: [8] }, trials: 1 })).body.sweep_id;
    const [waiting]: Shown[] = (await read(two)).trials;
    expect((await platform.call({ path: `/training/status/${waiting!.job_id}`, token })).status).toBe(404);
    const [first]: Shown[] = (await read(one)).trials;
    await end(first!.job_id!, 1);
    await advanceSweeps(context());
    expect((await getJob(platform.store.table, dataset.account_id, waiting!.job_id!)).trial).toBe(1);
    await advanceSweeps(context());
    expect((await read(two)).trials[0].job_id).toBe(waiting!.job_id);
  });

  test('can be stopped, with its jobs', async () => {
    const id = (await start({ space: { batch_size: [8, 16, 32] }, trials: 3 })).body.sweep_id;
    const [first]: Shown[] = (await read(id)).trials;
    const stopped = await platform.call({ method: 'POST', path: `/training/sweeps/${id}/stop`, token });
    expect(stopped.body).toMatchObject({
      status: 'stopped',
      trials: [{ status: 'stopped' }, { status: 'stopped' }, { status: 'stopped' }],
    });
    expect((await getJob(platform.store.table, dataset.account_id, first!.job_id!)).status).toBe('stopped');
    expect((await platform.call({ method: 'POST', path: `/training/sweeps/${id}/stop`, token })).status).toBe(409);
    expect((await platform.call({ path: '/training/sweeps', token })).body).toMatchObject({
      total: 1,
      sweeps: [{ sweep_id: id, status: 'stopped', trials: { total: 3, ended: 3 } }],
    });
  });

  test('goes on as soon as the trainer of a trial has crashed', async () => {
    const id = (await start({ space: { batch_size: [8] }, trials: 1 })).body.sweep_id;
    const job = await running(platform, dataset.account_id, (await read(id)).trials[0].job_id);
    const adapters = { ...platform.store, now: () => platform.clock.now };
    await makeSettle(adapters, { logger: context().logger })({
      detail: { task: `${job.id}-1`, job_id: job.id, attempt: job.attempt, exit_code: 1, reason: 'exited' },
      account: job.account_id,
    } as never);
    expect(await read(id)).toMatchObject({
      status: 'failed',
      trials: [{ status: 'failed', error: 'The trainer crashed with exit code 1: exited' }],
    });
  });

  const remove = () => platform.call({ method: 'DELETE', path: `/datasets/${dataset.id}`, token });
  const startOne = async () => (await start({ space: { batch_size: [8, 16] }, trials: 2, parallel: 1 })).body.sweep_id;
  const first = async (id: string) => (await read(id)).trials[0].job_id as string;

  test('counts as a use of its dataset between two trials, until its model is made', async () => {
    const id = await startOne();
    expect((await remove()).body.message).toContain('1 active training job');
    for (const i of [0, 1]) {
      await end((await read(id)).trials[i].job_id, 0.1);
      const { status, body } = await remove();
      expect([status, body.message]).toEqual([409, `Dataset ${dataset.id} is in use by 1 running sweep: ${id}`]);
      const again = { method: 'PATCH', path: `/datasets/${dataset.id}`, token, json: { delimiter: ',' } };
      expect((await platform.call(again)).status).toBe(409);
      await advance(id);
    }
    await completed(platform, await running(platform, dataset.account_id, (await read(id)).job_id), Buffer.from('m'));
    expect((await remove()).status).toBe(409);
    await advance(id);
    expect((await read(id)).status).toBe('completed');
    expect((await remove()).status).toBe(204);
  });

  test.each(['stopped', 'failed'])('is no use of its dataset once it is %s', async (how) => {
    const id = await startOne();
    if (how === 'stopped') await platform.call({ method: 'POST', path: `/training/sweeps/${id}/stop`, token });
    for (const i of how === 'failed' ? [0, 1] : []) {
      await end((await read(id)).trials[i].job_id, undefined);
      await advance(id);
    }
    expect((await read(id)).status).toBe(how);
    expect((await remove()).status).toBe(204);
  });

  test('is not begun on a dataset that is deleted at the same moment', async () => {
    const [begun, removed] = await Promise.all([startOne(), remove()]);
    expect(begun === undefined).toBe(removed.status === 204);
  });

  /** As an earlier version has stored it. */
  async function uncounted(id: string): Promise<void> {
    const { table } = platform.store;
    const { holds_dataset, ...item } = (await table.get(keys.sweep(dataset.account_id, id)))!;
    expect(holds_dataset).toBe(true);
    await table.put({ ...item, ipk: indexes.runningSweeps, isk: String(item.created_at) });
    await table.update(keys.dataset(dataset.account_id, dataset.id), { add: { in_use: -1 } });
  }

  test('that an earlier version began is counted as soon as it is brought on, and once', async () => {
    const id = await startOne();
    await uncounted(id);
    await advanceSweeps(context());
    await end(await first(id), 0.1);
    expect((await remove()).status).toBe(409);
    await platform.call({ method: 'POST', path: `/training/sweeps/${id}/stop`, token });
    expect((await remove()).status).toBe(204);
  });

  test('whose dataset was deleted before that fails with its trials', async () => {
    const id = await startOne();
    await uncounted(id);
    await end(await first(id), 0.1);
    expect((await remove()).status).toBe(204);
    await advance(id);
    const error = `Dataset ${dataset.id} not found`;
    expect(await read(id)).toMatchObject({
      ...{ status: 'failed', error },
      trials: [{ status: 'completed' }, { status: 'failed', error }],
    });
  });

  test('that an earlier version has failed without its trials is shown with them', async () => {
    const id = await startOne();
    const { table } = platform.store;
    const item = (await table.get(keys.sweep(dataset.account_id, id)))!;
    await table.put({ ...item, status: 'failed', failure: 'gone', ended_at: AT, ipk: indexes.endedSweeps, isk: AT });
    const error = 'gone';
    expect((await read(id)).trials).toMatchObject([
      { status: 'failed', error },
      { status: 'failed', error },
    ]);
  });

  test('ends also where the deletion of its account has taken its dataset', async () => {
    const id = await startOne();
    await end(await first(id), 0.1);
    await platform.store.table.delete(keys.dataset(dataset.account_id, dataset.id));
    expect((await platform.call({ method: 'POST', path: `/training/sweeps/${id}/stop`, token })).status).toBe(200);
    expect(await platform.store.table.get(keys.dataset(dataset.account_id, dataset.id))).toBeUndefined();
  });

  test('does not choose a trial that failed, however well it did before', async () => {
    const id = (await start({ method: 'grid', space: { batch_size: [8, 16] } })).body.sweep_id;
    const [good, bad]: Shown[] = (await read(id)).trials;
    const key = keys.job(dataset.account_id, bad!.job_id!);
    await platform.store.table.update(key, { set: { best_metric: 0.001 } });
    await end(bad!.job_id!, undefined);
    await end(good!.job_id!, 0.5);
    await advance(id);
    expect(await read(id)).toMatchObject({
      best_trial: 1,
      trials: [{ score: 0.5 }, { status: 'failed', score: null }],
    });
  });

  test('fails if no trial has a score', async () => {
    const id = (await start({ space: { batch_size: [8] }, trials: 1 })).body.sweep_id;
    await end((await read(id)).trials[0].job_id, undefined);
    await advance(id);
    expect(await read(id)).toMatchObject({ status: 'failed', error: 'The loss must be a finite number' });
  });

  test.each([
    [
      { space: { batch_size: [8] }, hyperparameters: { batch_size: 8 } },
      'hyperparameters.batch_size',
      'must be left out: it is in space, which says its value in each trial',
    ],
    [{ space: {} }, 'space', 'must name at least 1 hyperparameter; got none'],
    [{ space: { depth: [1] } }, 'space.depth', /unknown|not/],
    [{ space: { learning_rate: [2] } }, 'space.learning_rate', 'must be between 1e-12 and 1, or "auto"; got 2'],
    [{ space: { hidden_layers: [[0]] } }, 'space.hidden_layers[0]', /between 1 and 4096; got 0/],
    [
      { space: { batch_size: [8] }, hyperparameters: { epochs: 0 } },
      'hyperparameters.epochs',
      /between 1 and 10000; got 0/,
    ],
    [{ space: { batch_size: [8] }, metric: 'val_rmse' }, 'metric', /must be val_loss or .*; got val_rmse/],
    [
      { method: 'grid', space: { learning_rate: [0.1, 0.01, 0.1] } },
      'space.learning_rate[2]',
      'must be listed once; got 0.1 twice',
    ],
    [
      { space: { learning_rate: { min: 0, max: 1, scale: 'log' } } },
      'space.learning_rate.min',
      /above 0 on a log scale/,
    ],
    [{ space: { learning_rate: { min: 1, max: 1 } } }, 'space.learning_rate', 'must have min below max; got 1 and 1'],
    [{ method: 'grid', space: { learning_rate: { min: 0.1, max: 1 } } }, 'space.learning_rate', /list of values/],
    [{ method: 'halving', space: { epochs: [1] } }, 'space.epochs', /varies the epochs itself/],
    [{ space: { batch_size: [8] }, trials: 101 }, 'trials', /at most 100|between 1 and 100/],
  ])('is refused for %j', async (json, field, message) => {
    const { status, body } = await start(json);
    expect(status).toBe(400);
    expect(body.details[0].field).toBe(field);
    expect(body.details[0].message).toMatch(message);
  });
});

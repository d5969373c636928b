/** Cases for one machine only: its host is killed, and its processes are inspected. */
import { describe, expect, test } from '@jest/globals';
import { openEmbedded } from '#embedded/open.ts';
import { queues } from '#infra/topology.ts';
import { LONG } from './cases/stopping.ts';
import { startHostProcess } from './running-host.ts';
import { useHost } from './use-host.ts';
import { User } from './user.ts';

const SHORT = { epochs: 300, batch_size: 8, hidden_layers: [32], seed: 3 };

const served = useHost();

describe('a training that is interrupted', () => {
  test('by its owner: its process exits', async () => {
    const user = await User.register(served);
    const { id } = await user.uploadPenguins();
    const job = await user.train(id, LONG);
    await user.jobIs(job, (status) => status.status === 'running' && status.current_epoch > 0);

    await user.client.post(`/training/stop/${job}`);
    const adapters = await openEmbedded({ dir: served.data, baseUrl: served.base, queues });
    await user.until(
      () => adapters.compute.describe(`${job}-1`),
      (state) => state === 'succeeded' || state === 'failed',
    );
    await adapters.close();
    expect((await user.status(job)).status).toBe('stopped');
  }, 60_000);

  test('by the death of its host: is resumed by the next host, with the same result', async () => {
    const user = await User.register(served);
    const { id } = await user.uploadPenguins();
    const undisturbed = await user.train(id, SHORT);
    await user.jobIs(undisturbed, (status) => status.status === 'completed');

    const job = await user.train(id, SHORT);
    await user.jobIs(job, (status) => status.status === 'running' && status.current_epoch > 0);
    await served.host.stop('SIGKILL');
    served.host = await startHostProcess(served.data);
    user.client.useBase(served.base);
    await user.jobIs(job, (status) => status.status === 'completed');
    const [expected, got] = [await user.results(undisturbed), await user.results(job)];
    expect(got.final_metrics).toEqual(expected.final_metrics);
    expect(got.training_history).toEqual(expected.training_history);
    expect(await user.client.get('/models')).toMatchObject({ total: 2 });
  }, 240_000);

  test('by a stop of its host: saves a checkpoint, from which the next host resumes', async () => {
    const user = await User.register(served);
    const { id } = await user.uploadPenguins();
    const job = await user.train(id, LONG);
    await user.jobIs(job, (status) => status.status === 'running' && status.current_epoch > 0);
    expect((await served.host.stop('SIGTERM')).code).toBe(0);

    served.host = await startHostProcess(served.data);
    user.client.useBase(served.base);
    const before = await user.status(job);
    await user.jobIs(job, (status) => status.current_epoch > before.current_epoch);
    await user.client.post(`/training/stop/${job}`);
    const { stderr } = await served.host.stop();
    // The trainer's log lines are strings in the host's log.
    expect(stderr).toMatch(/\\"message\\":\\"resumed\\".*\\"attempt\\":2/);
    served.host = await startHostProcess(served.data);
  }, 240_000);
});

interface Sweep {
  readonly sweep_id: string;
  readonly status: string;
  readonly best_trial: number | null;
  readonly trials: readonly {
    readonly hyperparameters: object;
    readonly status: string;
    readonly score: number | null;
  }[];
}

/** Draws its trials, and goes on from one rung to the next. */
const HALVING = {
  ...{ method: 'halving', trials: 4, factor: 2, seed: 4, parallel: 2 },
  space: { learning_rate: { min: 0.001, max: 0.1, scale: 'log' } },
  hyperparameters: { epochs: 48, batch_size: 8, hidden_layers: [32] },
};

describe('a search for hyperparameters whose host dies', () => {
  test('finds the same as one that is not disturbed', async () => {
    // It takes a while on a machine with other work, and an account may ask a thousand times an hour.
    const user = await User.register({ base: served.base, pollMilliseconds: 300 });
    const { id } = await user.uploadPenguins();
    const start = async () => {
      const body = { dataset_id: id, model_type: 'mlp', ...HALVING };
      return (await user.client.post<Sweep>('/training/sweeps', body)).sweep_id;
    };
    const is = (sweep: string, satisfies: (found: Sweep) => boolean) =>
      user.until(() => user.client.get<Sweep>(`/training/sweeps/${sweep}`), satisfies);
    const hasEnded = ({ status }: { readonly status: string }) => status !== 'pending' && status !== 'running';
    const undisturbed = await is(await start(), hasEnded);

    const sweep = await start();
    await is(sweep, ({ trials }) => trials.some(hasEnded));
    await served.host.stop('SIGKILL');
    served.host = await startHostProcess(served.data);
    user.client.useBase(served.base);
    const found = await is(sweep, hasEnded);
    const { status, best_trial } = undisturbed;
    expect(found).toMatchObject({ status, best_trial });
    expect(status).toBe('completed');
    const scores = ({ trials }: Sweep) => trials.map((one) => [one.hyperparameters, one.status, one.score]);
    expect(scores(found)).toEqual(scores(undisturbed));
    // Each trial is one job, and so is the model of each search.
    expect(await user.client.get('/training')).toMatchObject({ total: 2 * (found.trials.length + 1) });
    expect(await user.client.get('/models')).toMatchObject({ total: 2 });
  }, 240_000);
});

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
  }, 90_000);

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
  }, 90_000);
});

/** What has an end is deleted after it, by the sweep, and what has not come to its end stays. */
import { describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { keys, prefixes } from '#domain/keys.ts';
import { isoTime } from '#domain/times.ts';
import { PENGUIN } from '#test/penguin.ts';
import { User } from '../user.ts';
import type { World } from '../world.ts';

interface Batch {
  readonly batch_id: string;
  readonly status: string;
}

export function retention(world: World): void {
  describe('what has come to its end', () => {
    test('is deleted by the sweep: a job, a batch prediction with its file, a day of the log; nothing else is', async () => {
      const user = await User.register(world);
      const { client } = user;
      const { id: account } = await client.get<{ id: string }>('/auth/me');
      const { id: dataset_id } = await user.uploadPenguins();
      const [oldJob = '', newJob = ''] = [
        await user.train(dataset_id, { epochs: 1 }),
        await user.train(dataset_id, {}),
      ];
      for (const job of [oldJob, newJob]) await user.jobIs(job, ({ status }) => status === 'completed');
      const { model_id: model } = await user.results(oldJob);
      const predicted = async (): Promise<string> => {
        const { batch_id } = await client.post<Batch>(`/models/${model}/predict/batch`, { dataset_id });
        const read = () => client.get<Batch>(`/predictions/batch/${batch_id}`);
        const ended = await user.until(read, ({ status }) => status !== 'queued' && status !== 'running');
        expect(ended.status).toBe('completed');
        return batch_id;
      };
      const [oldBatch, newBatch] = [await predicted(), await predicted()];
      await client.post(`/models/${model}/predict`, { input: PENGUIN, log: true });
      const { files } = await user.until(
        () => client.get<{ files: { url: string }[] }>(`/models/${model}/predictions`),
        (found) => found.files.length > 0,
      );
      const answered = async () => {
        const headers = { authorization: `Bearer ${client.token}` };
        const status = async (path: string) => (await fetch(`${world.base}${path}`, { headers })).status;
        return {
          jobs: await Promise.all([oldJob, newJob].map((job) => status(`/training/status/${job}`))),
          batches: await Promise.all(
            [oldBatch, newBatch].map((batch) => status(`/predictions/batch/${batch}/download`)),
          ),
          log: (await fetch(files[0]!.url)).status,
        };
      };
      await world.runSchedule('sweep');
      expect(await answered()).toEqual({ jobs: [200, 200], batches: [200, 200], log: 200 });

      // As if they had ended in 1970.
      await world.runSchedule('sweep', async (table) => {
        const [partition, prefix] = [keys.logDay(account, model, '').pk, prefixes.logDays(model)];
        const [logDay] = (await table.query({ partition, prefix, limit: 1 })).items;
        const log = blobKeys.logPrefix(account, model, logDay!.sk.slice(prefix.length));
        const ended = [keys.job(account, oldJob), keys.batch(account, oldBatch), keys.orphans('artifacts', log)];
        for (const key of ended) await table.update(key, { set: { isk: isoTime(0) } }, { kind: 'present' });
      });
      expect(await answered()).toEqual({ jobs: [404, 200], batches: [404, 200], log: 404 });
      const { storage } = await client.get<{ storage: object }>('/account/usage');
      expect(storage).toMatchObject({ log_bytes: 0 });
      expect(await client.get('/training')).toMatchObject({ total: 1, jobs: [{ job_id: newJob }] });
      expect(await client.post(`/models/${model}/predict`, { input: PENGUIN })).toMatchObject({ predictions: [{}] });
    });
  });
}

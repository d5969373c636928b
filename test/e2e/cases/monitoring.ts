import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import { dueDriftCheck } from '#domain/prediction-log/drift-checks.ts';
import { NOWHERE } from '../nowhere.ts';
import { User } from '../user.ts';
import type { World } from '../world.ts';

const CSV = readFileSync('infra/embedded/demo/penguins.csv', 'utf8').trim();
const [NAMES = [], ...LINES] = CSV.split('\n').map((line) => line.split(','));
const ROWS = LINES.map((cells) =>
  Object.fromEntries(
    NAMES.map((name, at) => [name, cells[at] === 'NA' ? null : cells[at]]).filter(([name]) => name !== 'species'),
  ),
);

interface Predicted {
  readonly prediction_id?: string;
  readonly logged_rows?: number;
  readonly predictions: { readonly class: string }[];
}

interface Drift {
  readonly rows_read: number;
  readonly drifted: string[];
  readonly predictions: { readonly name: string }[];
  readonly features: { readonly name: string; readonly psi: number; readonly status: string }[];
}

export function monitoring(world: World): void {
  describe('logged predictions', () => {
    let user: User;
    let model: string;
    let logged: Predicted;
    let account: string;
    let webhook: string;
    beforeAll(async () => {
      user = await User.register(world);
      ({ id: account } = await user.client.get<{ id: string }>('/auth/me'));
      ({ id: webhook } = await user.client.post<{ id: string }>('/webhooks', {
        url: NOWHERE,
        events: ['model.drift'],
      }));
      const job = await user.train((await user.uploadPenguins()).id, { epochs: 5 });
      await user.jobIs(job, ({ status }) => status === 'completed');
      model = (await user.results(job)).model_id;
      await user.client.patch(`/models/${model}`, { log_days: 7 });
      logged = await user.client.post<Predicted>(`/models/${model}/predict`, { inputs: ROWS });
    });

    test('are in a file that has what was asked and what was answered', async () => {
      expect(logged).toMatchObject({ prediction_id: expect.stringMatching(/^\d+-[0-9a-f-]{36}$/), logged_rows: 344 });
      const { files } = await user.until(
        () =>
          user.client.get<{ files: { url: string; rows: number; bytes: number }[] }>(`/models/${model}/predictions`),
        (found) => found.files.length > 0,
      );
      const response = await fetch(files[0]!.url);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/gzip']);
      const bytes = Buffer.from(await response.arrayBuffer());
      expect(bytes.length).toBe(files[0]!.bytes);
      const { storage } = await user.client.get<{ storage: { log_bytes: number } }>('/account/usage');
      expect(storage.log_bytes).toBe(files[0]!.bytes);
      const lines = gunzipSync(bytes).toString('utf8').trimEnd().split('\n');
      expect(lines).toHaveLength(344);
      expect(JSON.parse(lines[0]!)).toMatchObject({
        prediction_id: logged.prediction_id,
        row: 0,
        input: ROWS[0],
        output: { class: logged.predictions[0]!.class },
      });
    });

    test('have an accuracy once somebody says what is true', async () => {
      const path = `/predictions/${logged.prediction_id}/feedback`;
      for (const row of [0, 1]) {
        await user.client.post(path, { row, truth: logged.predictions[row]!.class });
      }
      const other = logged.predictions[1]!.class === 'Adelie' ? 'Gentoo' : 'Adelie';
      const wrong = { row: 1, truth: other, note: 'A bird of another island' };
      await user.client.post(path, wrong);
      expect(await user.client.post(path, wrong)).toMatchObject({
        truth: other,
        correct: false,
        prediction: { class: logged.predictions[1]!.class },
      });
      expect(await user.client.get(`/models/${model}/feedback`)).toMatchObject({
        rows: 2,
        pending: 0,
        accuracy: 0.5,
        complete: true,
      });
      const [number] = logged.prediction_id!.split('-');
      const gone = `/predictions/${number}-00000000-0000-7000-8000-000000000000/feedback`;
      expect(await user.client.post(gone, { truth: 'Adelie' }).catch(String)).toMatch('404');
    });

    test('have drifted where their inputs are not those of the training data', async () => {
      const before = await user.client.get<Drift>(`/models/${model}/drift`);
      expect(before).toMatchObject({ rows_read: 344, drifted: [] });
      expect(before.features.map(({ status }) => status)).toEqual(NAMES.slice(1).map(() => 'stable'));
      const heavy = ROWS.map((row) => ({ ...row, body_mass_g: 9000 }));
      const from = new Date().toISOString();
      await user.client.post(`/models/${model}/predict`, { inputs: heavy });
      const after = await user.until(
        () => user.client.get<Drift>(`/models/${model}/drift?from=${from}`),
        (found) => found.rows_read > 0,
      );
      expect(after.drifted).toEqual(['body_mass_g']);
      expect(after.predictions.map(({ name }) => name)).toEqual(['class', 'confidence']);
    });

    test('that have drifted are published as an event, which webhooks deliver', async () => {
      await world.runSchedule('check-drift', async (table) => {
        await table.transact([dueDriftCheck(account, model, Date.now())]);
        // The host may have looked at it just before.
        await table.update(keys.driftCheck(account, model), { remove: ['checked_at'] });
      });
      const { deliveries } = await user.until(
        () => user.client.get<{ deliveries: { event: string }[] }>(`/webhooks/${webhook}/deliveries`),
        (found) => found.deliveries.length > 0,
      );
      expect(deliveries).toMatchObject([{ event: 'model.drift' }]);
    });

    test('are no longer logged once that is turned off, and one request decides for itself', async () => {
      await user.client.patch(`/models/${model}`, { log_days: null });
      const ask = (more: object) =>
        user.client.post<Predicted>(`/models/${model}/predict`, { inputs: ROWS.slice(0, 1), ...more });
      expect((await ask({})).prediction_id).toBeUndefined();
      expect((await ask({ log: true })).prediction_id).toBeDefined();
    });

    test('of rows without a target come as a file', async () => {
      const [header, ...rows] = CSV.split('\n').map((line) => line.slice(line.indexOf(',') + 1));
      const csv = [header, ...rows.slice(0, 20)].join('\n');
      const dataset = await user.upload(csv, { unlabelled: 'true', name: 'new penguins' });
      expect(dataset).toMatchObject({ status: 'ready', metadata: { target: null, rows: 20 } });
      const path = `/models/${model}/predict/batch`;
      const begun = await user.client.post<{ batch_id: string; status: string }>(path, { dataset_id: dataset.id });
      const ended = await user.until(
        () => user.client.get<typeof begun>(`/predictions/batch/${begun.batch_id}`),
        ({ status }) => status !== 'queued' && status !== 'running',
      );
      expect(ended).toMatchObject({ status: 'completed', rows_done: 20 });
      expect(await user.train(dataset.id, {}).catch(String)).toMatch('unlabelled');
    });
  });
}

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';

interface Batch {
  readonly batch_id: string;
  readonly status: string;
  readonly progress: number;
}

const CSV = readFileSync('infra/embedded/demo/penguins.csv', 'utf8').trim();
const [NAMES = [], ...LINES] = CSV.split('\n').map((line) => line.split(','));

export function predictions(world: World): void {
  describe('predictions', () => {
    let user: User;
    let dataset: string;
    let job: string;
    let model: string;
    beforeAll(async () => {
      user = await User.register(world);
      dataset = (await user.uploadPenguins()).id;
      job = await user.train(dataset, { epochs: 5 }, { test_split: 0.2 });
      await user.jobIs(job, ({ status }) => status === 'completed');
      model = (await user.results(job)).model_id;
    });

    const ended = (of: Batch) =>
      user.until(
        () => user.client.get<Batch>(`/predictions/batch/${of.batch_id}`),
        ({ status }) => status !== 'queued' && status !== 'running',
      );
    const answerTo = (path: string, body?: unknown) =>
      fetch(`${world.base}${path}`, {
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
        headers: { authorization: `Bearer ${user.client.token}`, 'content-type': 'application/json' },
      });

    test('of a model are tested on rows that decided nothing, and the model says how', async () => {
      const { final_metrics } = await user.client.get<{ final_metrics: Record<string, number> }>(
        `/training/results/${job}`,
      );
      const shown = await user.client.get<{ test_accuracy: number }>(`/models/${model}`);
      expect(shown).toMatchObject({
        test_accuracy: final_metrics.test_accuracy,
        test_performance: { accuracy: final_metrics.test_accuracy },
        training_config: {
          dataset_sha256: expect.stringMatching(/^[\da-f]{64}$/),
          test_split: 0.2,
          split: { by: 'stratified', seed: 0, rows: { training: 206, validation: 69, test: 69 } },
        },
      });
      expect(shown.test_accuracy).toBeGreaterThan(0);
      const { items } = await user.client.get<{ items: unknown[] }>('/api/v1/models');
      expect(items).toMatchObject([{ metrics: { test_accuracy: shown.test_accuracy } }]);
    });

    test('are explained by the features of their rows', async () => {
      const input = ['Biscoe', 46.1, 13.2, 211, 4500, 'female', 2007];
      const { predictions: found } = await user.client.post<{
        predictions: { confidence: number; explanation: { base: number; contributions: Record<string, number> } }[];
      }>(`/models/${model}/predict`, { input, explain: true });
      const { base, contributions } = found[0]!.explanation;
      expect(Object.keys(contributions)).toEqual(NAMES.filter((name) => name !== 'species'));
      const sum = Object.values(contributions).reduce((total, one) => total + one, base);
      expect(sum).toBeCloseTo(found[0]!.confidence, 5);
      const many = await answerTo(`/models/${model}/predict`, { inputs: new Array(101).fill(input), explain: true });
      expect([many.status, await many.text()]).toEqual([400, expect.stringContaining('at most 100 rows with explain')]);
    });

    test('of all rows of a dataset come as a file, the same as those of the API', async () => {
      const body = { dataset_id: dataset, probabilities: true, include: ['year'] };
      const begun = await user.client.post<Batch>(`/models/${model}/predict/batch`, body);
      expect(await ended(begun)).toMatchObject({ status: 'completed', progress: 100, error: null });
      const answer = await answerTo(`/predictions/batch/${begun.batch_id}/download`);
      expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
      const [header, ...lines] = (await answer.text()).trimEnd().split('\r\n');
      expect(header).toBe('row,year,class,confidence,probability_Adelie,probability_Chinstrap,probability_Gentoo');

      const inputs = LINES.map((cells) =>
        Object.fromEntries(
          NAMES.map((name, at) => [name, cells[at] === 'NA' ? null : cells[at]]).filter(([name]) => name !== 'species'),
        ),
      );
      const asked = { inputs, probabilities: true };
      const { predictions: expected } = await user.client.post<{
        predictions: { class: string; confidence: number; probabilities: Record<string, number> }[];
      }>(`/models/${model}/predict`, asked);
      expect(lines).toEqual(
        expected.map((one, i) =>
          [i + 1, LINES[i]!.at(-1), one.class, one.confidence, ...Object.values(one.probabilities)].join(','),
        ),
      );
      expect(await user.client.get(`/predictions/batch?model_id=${model}`)).toMatchObject({
        batches: [{ batch_id: begun.batch_id }],
      });
      expect(await user.client.post(`/predictions/batch/${begun.batch_id}/cancel`).catch(String)).toMatch('409');
      await user.client.delete(`/predictions/batch/${begun.batch_id}`);
      expect((await answerTo(`/predictions/batch/${begun.batch_id}/download`)).status).toBe(404);
    });

    test('are made in the Open Inference Protocol', async () => {
      const words = (name: string, data: readonly string[]) => ({ name, datatype: 'BYTES', shape: [1, 1], data });
      const number = (name: string, value: number) => ({ name, datatype: 'FP64', shape: [1, 1], data: [value] });
      const inputs = [
        words('island', ['Biscoe']),
        words('sex', ['female']),
        number('bill_length_mm', 46.1),
        number('bill_depth_mm', 13.2),
        number('flipper_length_mm', 211),
        number('body_mass_g', 4500),
        number('year', 2007),
      ];
      const answer = await answerTo('/oip/v2/models/data/infer', { inputs });
      expect(await answer.json()).toMatchObject({
        model_name: 'data',
        model_version: '1.0.0',
        outputs: [
          { name: 'label', data: ['Gentoo'] },
          { name: 'probabilities', shape: [1, 3] },
        ],
      });
      const missing = await answerTo('/oip/v2/models/gone/infer', { inputs });
      expect([missing.status, await missing.json()]).toEqual([404, { error: 'No model is named gone' }]);
    });
  });
}

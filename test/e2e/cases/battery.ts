import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { runBatterySession } from '#infra/embedded/demo/battery-session.ts';
import { Terminal } from '#infra/embedded/demo/terminal.ts';
import { User } from '../user.ts';
import type { World } from '../world.ts';

/** Two series of six rows. */
const SERIES = ['run,x,y', ...Array.from({ length: 12 }, (_, i) => `${i < 6 ? 'a' : 'b'},${i},${i / 2}`)].join('\n');

/** One series that rises: what it was last is a better guess than its mean. */
const RISING = ['at,y', ...Array.from({ length: 60 }, (_, i) => `${i % 5},${i}`)].join('\n');

export function battery(world: World): void {
  describe('battery prognostics and series', () => {
    test('three families learn from cells and predict another one', async () => {
      const terminal = new Terminal(new PassThrough().resume());
      const errors = await runBatterySession(world.base, terminal, [60, 80], world.pollMilliseconds);
      expect(Object.keys(errors)).toEqual(['baseline', 'deephpm', 'bilstm']);
      for (const error of Object.values(errors)) expect(error).toBeLessThan(0.05);
    });

    test('a series is predicted from its latest rows, and models are listed by algorithm', async () => {
      const user = await User.register(world);
      const { id } = await user.upload(SERIES, {
        target: 'y',
        dataset_type: 'regression',
        columns: JSON.stringify({ run: { role: 'group' } }),
      });
      const settings = { epochs: 1, window: 4, hidden_size: 2 };
      const tooLong = await user.train(id, { ...settings, window: 7 }, { model_type: 'bilstm' });
      const failed = await user.jobIs(tooLong, ({ status }) => status === 'failed');
      expect(JSON.stringify(failed)).toContain('window must be at most as long as each series');
      const job = await user.train(id, settings, { model_type: 'bilstm' });
      await user.jobIs(job, ({ status }) => status === 'completed');
      const { model_id } = await user.results(job);
      const ask = (rows: readonly number[]) =>
        fetch(`${world.base}/models/${model_id}/predict`, {
          method: 'POST',
          headers: { authorization: `Bearer ${user.client.token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ input: rows.map((x) => [x]) }),
        });
      expect(await (await ask([1, 2, 3, 4, 5])).json()).toEqual({ predictions: [{ value: expect.any(Number) }] });
      const refused = await ask([1, 2, 3]);
      expect(refused.status).toBe(400);
      expect(await refused.text()).toContain("must have at least 4 rows, as the model's window has; got 3");
      const listed = await user.client.get<{ items: { id: number; algorithm: string }[] }>(
        '/api/v1/models?algorithm=bilstm',
      );
      expect(listed.items.map(({ algorithm }) => algorithm)).toEqual(['bilstm']);
      const file = await fetch(`${world.base}/api/v1/models/${listed.items[0]!.id}/download`, {
        headers: { authorization: `Bearer ${user.client.token}` },
      });
      expect([file.status, file.headers.get('content-disposition')]).toEqual([
        200,
        expect.stringContaining('_bilstm.'),
      ]);
    });

    test('a forecast is compared with the last value, is split by order, and says what its window contributes', async () => {
      const user = await User.register(world);
      const { id } = await user.upload(RISING, { target: 'y', dataset_type: 'regression' });
      const settings = { epochs: 2, window: 4, horizon: 2, hidden_size: 2 };
      const job = await user.train(id, settings, { model_type: 'bilstm', validation_split: 0.2 });
      await user.jobIs(job, ({ status }) => status === 'completed' || status === 'failed');
      const results = (await user.results(job)) as unknown as {
        readonly model_id: string;
        readonly evaluation: { readonly naive: object };
      };
      // Two steps ahead, the last value is behind by two.
      expect(results.evaluation.naive).toMatchObject({
        strategy: 'last_value',
        answer: null,
        metrics: { mae: expect.closeTo(2, 3) },
      });
      const model = await user.client.get(`/models/${results.model_id}`);
      const windows = { training: 44, validation: 11, test: 0 };
      expect(model).toMatchObject({ training_config: { split: { by: 'order', seed: 0, windows } } });
      const input = [40, 41, 42, 43].map((y) => ({ at: y % 5, y }));
      const { predictions } = await user.client.post<{
        predictions: {
          value: number;
          explanation: { base: number; steps: number[][]; contributions: { at: number; y: number }[] };
        }[];
      }>(`/models/${results.model_id}/predict`, { input, explain: true });
      const { value, explanation } = predictions[0]!;
      expect(explanation.steps).toEqual([0, 1, 2, 3].map((step) => [step, step]));
      const sum = explanation.contributions.reduce((total, { at, y }) => total + at + y, explanation.base);
      expect(sum).toBeCloseTo(value, 4);
    });
  });
}

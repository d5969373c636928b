import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';

const PENGUINS = readFileSync('infra/embedded/demo/penguins.csv', 'utf8');

interface Evaluated {
  readonly model_id: string;
  readonly evaluation: {
    readonly rows: object;
    readonly metrics: Readonly<Record<string, number>>;
    readonly naive: Readonly<Record<string, unknown>>;
  };
}

interface Sweep {
  readonly sweep_id: string;
  readonly status: string;
  readonly model_id: string | null;
  readonly trials: readonly { readonly status: string; readonly score: number | null }[];
}

/** Options of a training, what its results say of its worth, and searches for hyperparameters. */
export function options(world: World): void {
  describe('options of a training', () => {
    test('a linear model with class weights, a schedule and a rate that was found is compared with the naive one', async () => {
      const user = await User.register(world);
      const { id } = await user.upload(PENGUINS, { target: 'species' });
      const hyperparameters = { learning_rate: 'auto', class_weight: 'balanced', lr_schedule: 'cosine', epochs: 40 };
      const early_stopping = { enabled: true, patience: 20, monitor: 'val_f1_score' };
      const job = await user.train(id, hyperparameters, { model_type: 'linear', early_stopping });
      await user.jobIs(job, ({ status }) => status === 'completed' || status === 'failed');
      const { evaluation } = (await user.results(job)) as unknown as Evaluated;
      expect(evaluation.rows).toEqual({ of: 'validation', count: 69 });
      expect(evaluation.metrics.f1_score).toBeGreaterThan(0.9);
      expect(evaluation.naive).toMatchObject({ strategy: 'most_frequent', answer: 'Adelie', is_better: true });
    });

    test('a regression answers with intervals', async () => {
      const user = await User.register(world);
      const { id } = await user.upload(PENGUINS, { target: 'body_mass_g' });
      const job = await user.train(id, { epochs: 60 }, { model_type: 'linear' });
      await user.jobIs(job, ({ status }) => status === 'completed' || status === 'failed');
      const { model_id } = (await user.results(job)) as unknown as Evaluated;
      const input = ['Adelie', 'Torgersen', 39.1, 18.7, 181, 'male', 2007];
      const { predictions } = await user.client.post<{ predictions: { value: number; interval: number[] }[] }>(
        `/models/${model_id}/predict`,
        { input, interval: 0.9 },
      );
      const [{ value, interval }] = predictions as [{ value: number; interval: [number, number] }];
      expect(interval[0]).toBeLessThan(value);
      expect(interval[1] - interval[0]).toBeLessThan(3000);
      expect(interval[1] + interval[0]).toBeCloseTo(2 * value, 6);
    });

    test('a sweep tries hyperparameters and ends with the model of the best', async () => {
      const user = await User.register(world);
      const { id } = await user.upload(PENGUINS, { target: 'species' });
      const { sweep_id } = await user.client.post<Sweep>('/training/sweeps', {
        ...{ dataset_id: id, model_type: 'linear', method: 'grid', hyperparameters: { epochs: 5 } },
        space: { learning_rate: [0.1, 1e-6] },
      });
      const ended = await user.until(
        () => user.client.get<Sweep>(`/training/sweeps/${sweep_id}`),
        ({ status }) => status !== 'running',
      );
      expect(ended).toMatchObject({
        status: 'completed',
        best_trial: 1,
        trials: [{ status: 'completed' }, { status: 'completed' }],
      });
      expect(await user.client.get(`/models/${ended.model_id}`)).toMatchObject({ model_type: 'linear' });
    });
  });
}

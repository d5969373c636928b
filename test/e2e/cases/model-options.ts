import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';

const PENGUINS = readFileSync('infra/embedded/demo/penguins.csv', 'utf8');

interface Begun {
  readonly upload_id: string;
  readonly parts: readonly { readonly part: number; readonly url: string }[];
}

interface Evaluated {
  readonly model_id: string;
  readonly evaluation: {
    readonly metrics: Readonly<Record<string, number>>;
    readonly cross_validation?: {
      readonly parts: number;
      readonly split: string;
      readonly metrics: Readonly<Record<string, { readonly mean: number; readonly std: number }>>;
      readonly scores: readonly object[];
    };
    readonly int8?: { readonly size: number; readonly float32_size: number; readonly difference: object };
    readonly multilabel?: { readonly labels: readonly string[] };
  };
}

/** Points of which each has any of two colours: red to the right, blue at the top. */
function coloured(): string {
  const lines = Array.from({ length: 240 }, (_, i) => {
    const [x, y] = [Math.sin(i * 7), Math.cos(i * 3)];
    const labels = [...(x > 0 ? ['red'] : []), ...(y > 0 ? ['blue'] : []), ...(x <= 0 && y <= 0 ? ['grey'] : [])];
    return `${x.toFixed(4)},${y.toFixed(4)},${labels.join('|')}`;
  });
  return ['x,y,colours', ...lines].join('\n');
}

/** The same points, with a column for each colour. */
function colouredInColumns(): string {
  const lines = Array.from({ length: 240 }, (_, i) => {
    const [x, y] = [Math.sin(i * 7), Math.cos(i * 3)];
    return `${x.toFixed(4)},${y.toFixed(4)},${Number(x > 0)},${y > 0 ? 'yes' : 'no'}`;
  });
  return ['x,y,red,blue', ...lines].join('\n');
}

/** Texts of which the weather or the price says the class. */
function said(): string {
  const lines = Array.from({ length: 240 }, (_, i) => {
    const [about, label] =
      i % 2 ? ['rain and wind over the hills', 'weather'] : ['shares fell and prices rose', 'market'];
    return `"On day ${i}, ${about}, they wrote to number ${(i * 37) % 101}",${label}`;
  });
  return ['said,topic', ...lines].join('\n');
}

/** Trainings that are judged in parts, start from weights, make a small file, or answer several labels. */
export function modelOptions(world: World): void {
  describe('a training', () => {
    const ended = async (user: User, job: string): Promise<Evaluated> => {
      await user.jobIs(job, ({ status }) => status === 'completed' || status === 'failed');
      return (await user.results(job)) as unknown as Evaluated;
    };

    test('with cross-validation says mean and deviation of each metric', async () => {
      const user = await User.register(world);
      const { id } = await user.upload(PENGUINS, { target: 'species' });
      const { evaluation } = await ended(user, await user.train(id, { epochs: 10 }, { model_type: 'linear', cv: 3 }));
      const { parts, split, metrics, scores } = evaluation.cross_validation!;
      expect({ parts, split, scores: scores.length }).toEqual({ parts: 3, split: 'stratified', scores: 3 });
      expect(metrics.accuracy!.mean).toBeGreaterThan(0.8);
      expect(metrics.accuracy!.std).toBeLessThan(0.2);
    });

    test('starts from a model, from a file of weights, and not from one of other features', async () => {
      const user = await User.register(world);
      const { id } = await user.upload(PENGUINS, { target: 'species' });
      const { model_id } = await ended(user, await user.train(id, { epochs: 30, learning_rate: 0.01 }));
      const going = { epochs: 1, learning_rate: 1e-6 };
      const on = await ended(user, await user.train(id, going, { start_from: model_id }));
      expect(on.evaluation.metrics.accuracy).toBeGreaterThan(0.9);

      const file = await fetch(`${world.base}/models/${model_id}/download?format=pth`, {
        headers: { authorization: `Bearer ${user.client.token}` },
      });
      const form = new FormData();
      form.append('file', new File([new Uint8Array(await file.arrayBuffer())], 'weights.pth'));
      form.append('name', 'Weights');
      const weights = await user.client.post<{ id: string; model_type: string }>('/models/import', form);
      expect(weights.model_type).toBe('weights');
      const from = await ended(user, await user.train(id, going, { start_from: weights.id }));
      expect(from.evaluation.metrics.accuracy).toBeGreaterThan(0.9);

      const other = await user.upload(PENGUINS, { target: 'island' });
      const refused = await user.train(other.id, going, { start_from: model_id });
      await user.jobIs(refused, ({ status }) => status === 'failed');
      expect(await user.status(refused)).toMatchObject({ error: expect.stringContaining('island') });
    });

    test('starts from weights that came in parts, and not from a file that is cut', async () => {
      const user = await User.register(world);
      const { id } = await user.upload(PENGUINS, { target: 'species' });
      const { model_id } = await ended(user, await user.train(id, { epochs: 30, learning_rate: 0.01 }));
      const file = await fetch(`${world.base}/models/${model_id}/download?format=pth`, {
        headers: { authorization: `Bearer ${user.client.token}` },
      });
      const bytes = new Uint8Array(await file.arrayBuffer());
      const sent = async (body: Uint8Array<ArrayBuffer>, name: string) => {
        const { upload_id, parts } = await user.client.post<Begun>('/models/import/uploads', {
          ...{ file_name: 'weights.pth', file_size: body.length },
        });
        const put = await fetch(parts[0]!.url, { method: 'PUT', body });
        const etag = put.headers.get('etag')!.replaceAll('"', '');
        const complete = () =>
          user.client.post<{ id: string; model_type: string }>(`/models/import/uploads/${upload_id}/complete`, {
            ...{ parts: [{ part: 1, etag }], name },
          });
        return { completed: await complete(), complete };
      };
      const { completed: weights, complete } = await sent(bytes, 'Weights in parts');
      expect(await complete()).toEqual(weights);
      expect(weights.model_type).toBe('weights');
      const from = await ended(
        user,
        await user.train(id, { epochs: 1, learning_rate: 1e-6 }, { start_from: weights.id }),
      );
      expect(from.evaluation.metrics.accuracy).toBeGreaterThan(0.9);
      await expect(sent(bytes.slice(0, 1000), 'Cut')).rejects.toThrow(/answered 400.*it is cut, to 1000 bytes/);
    });

    test('makes a version of 8 bits, says what it costs, and predicts by it', async () => {
      const user = await User.register(world);
      const { id } = await user.upload(PENGUINS, { target: 'species' });
      const { model_id, evaluation } = await ended(user, await user.train(id, { epochs: 20, int8: true }));
      const { size, float32_size, difference } = evaluation.int8!;
      expect(size).toBeLessThan(float32_size);
      expect(difference).toEqual(expect.objectContaining({ accuracy: expect.any(Number) }));
      const input = ['Torgersen', 39.1, 18.7, 181, 3750, 'male', 2007];
      const { predictions } = await user.client.post<{ predictions: object[] }>(`/models/${model_id}/predict`, {
        ...{ input, variant: 'int8' },
      });
      expect(predictions).toEqual([{ class: 'Adelie', confidence: expect.any(Number) }]);
      const batch = await user.client.post<{ batch_id: string }>(`/models/${model_id}/predict/batch`, {
        ...{ dataset_id: id, variant: 'int8' },
      });
      const done = await user.until(
        () => user.client.get<{ status: string; variant: string }>(`/predictions/batch/${batch.batch_id}`),
        ({ status }) => status !== 'queued' && status !== 'running',
      );
      expect(done).toMatchObject({ status: 'completed', variant: 'int8' });
      const file = await fetch(`${world.base}/models/${model_id}/download?variant=int8`, {
        headers: { authorization: `Bearer ${user.client.token}` },
      });
      expect((await file.arrayBuffer()).byteLength).toBe(size);
    });

    test('of a target with several labels answers those that a row has', async () => {
      const user = await User.register(world);
      const { id } = await user.upload(coloured(), { target: 'colours' });
      expect(await user.client.get(`/datasets/${id}`)).toMatchObject({ dataset_type: 'multilabel' });
      const { model_id, evaluation } = await ended(user, await user.train(id, { epochs: 60, learning_rate: 0.01 }));
      expect(evaluation.multilabel!.labels).toEqual(['blue', 'grey', 'red']);
      expect(evaluation.metrics.f1_micro).toBeGreaterThan(0.9);
      const { predictions } = await user.client.post<{ predictions: { labels: { label: string }[] }[] }>(
        `/models/${model_id}/predict`,
        {
          inputs: [
            [0.8, 0.8],
            [0.8, -0.8],
            [-0.8, -0.8],
          ],
        },
      );
      expect(predictions.map(({ labels }) => labels.map(({ label }) => label).sort())).toEqual([
        ['blue', 'red'],
        ['red'],
        ['grey'],
      ]);
    });

    test('of a target of several columns has each as a label', async () => {
      const user = await User.register(world);
      const columns = JSON.stringify({ red: { role: 'label' }, blue: { role: 'label' } });
      const { id } = await user.upload(colouredInColumns(), { columns });
      expect(await user.client.get(`/datasets/${id}`)).toMatchObject({
        ...{ dataset_type: 'multilabel', metadata: { features: ['x', 'y'], target: 'red, blue' } },
      });
      const { model_id, evaluation } = await ended(
        user,
        await user.train(id, { epochs: 40, learning_rate: 0.01 }, { model_type: 'linear' }),
      );
      expect(evaluation.multilabel!.labels).toEqual(['red', 'blue']);
      const { predictions } = await user.client.post<{ predictions: { labels: { label: string }[] }[] }>(
        `/models/${model_id}/predict`,
        { input: { x: 0.8, y: -0.8 } },
      );
      expect(predictions[0]!.labels.map(({ label }) => label)).toEqual(['red']);
    });

    test('of a column of texts is that of `compact-text`, which predicts texts', async () => {
      const user = await User.register(world);
      const { id } = await user.upload(said(), { target: 'topic' });
      expect(await user.client.get(`/datasets/${id}`)).toMatchObject({ metadata: { features: ['said'] } });
      await expect(user.train(id, {})).rejects.toThrow(
        /must be a model type for texts, as the dataset is: compact-text/,
      );
      const { model_id, evaluation } = await ended(
        user,
        await user.train(id, { epochs: 5 }, { model_type: 'compact-text' }),
      );
      expect(evaluation.metrics.accuracy).toBe(1);
      const inputs = ['Heavy rain and wind', ['prices rose again'], { said: 'the shares fell' }];
      const { predictions } = await user.client.post<{ predictions: { class: string }[] }>(
        `/models/${model_id}/predict`,
        { inputs },
      );
      expect(predictions.map((one) => one.class)).toEqual(['weather', 'market', 'market']);
    });
  });
}

import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { greyBmp, zipOf } from '../../learning/image/world.ts';
import { User } from '../user.ts';
import type { World } from '../world.ts';

/** Bright on the left or on the right. */
const picture = (right: boolean, i: number): Buffer =>
  greyBmp(10, 8, (x, y) => (x < 5 === right ? 30 : 190) + ((5 * i + 3 * y) % 23));
const FOLDERS = zipOf(
  Array.from({ length: 40 }, (_, i) => ({
    name: `${i % 2 ? 'right' : 'left'}/${i}.bmp`,
    bytes: picture(i % 2 === 1, i),
  })),
);

/** Images of 8 × 8 handwritten digits (scikit-learn's `load_digits`), as rows of a table. */
function digits(rows: number): string {
  const text: { pixels: string; labels: string } = JSON.parse(readFileSync('test/fixtures/digits.json', 'utf8'));
  const [pixels, labels] = [text.pixels, text.labels].map((bytes) => Buffer.from(bytes, 'base64')) as [Buffer, Buffer];
  const header = [...Array.from({ length: 64 }, (_, i) => `p${i}`), 'digit'].join(',');
  const lines = Array.from({ length: rows }, (_, i) => [...pixels.subarray(64 * i, 64 * i + 64), labels[i]].join(','));
  return `${header}\n${lines.join('\n')}\n`;
}

interface Predicted {
  readonly class: string;
  readonly confidence: number;
  readonly explanation?: { readonly base: number; readonly contributions: number[][]; readonly picture: string };
}

interface Begun {
  readonly upload_id: string;
  readonly parts: readonly { readonly url: string }[];
}

export function images(world: World): void {
  const trained = async (user: User, dataset: string, model_type: string, hyperparameters: object): Promise<string> => {
    const job = await user.train(dataset, { ...hyperparameters }, { model_type });
    const ended = await user.jobIs(job, ({ status }) => status === 'completed' || status === 'failed');
    expect(ended).toMatchObject({ status: 'completed' });
    return (await user.results(job)).model_id;
  };
  const predicted = (user: User, model: string, body: object) =>
    user.client.post<{ predictions: Predicted[] }>(`/models/${model}/predict`, body);

  describe('images', () => {
    test('in a ZIP of class folders are learned, and predicted from files and pixels', async () => {
      const user = await User.register(world);
      const form = new FormData();
      form.append('file', new File([FOLDERS], 'sides.zip', { type: 'application/zip' }));
      form.append('name', 'sides');
      const { id } = await user.client.post<{ id: string }>('/datasets/upload', form);
      expect(await user.processed(id)).toMatchObject({ status: 'ready' });
      const model = await trained(user, id, 'small-cnn', { epochs: 12, channels: [8, 16], batch_size: 8 });
      const file = picture(true, 99).toString('base64');
      // Of another size, and compressed.
      const photo = readFileSync('test/fixtures/images/rgb.jpg').toString('base64');
      const pixels = Array.from({ length: 8 }, () =>
        Array.from({ length: 10 }, (_, x) => Array(3).fill(x < 5 ? 200 : 40)),
      );
      const { predictions } = await predicted(user, model, {
        inputs: [file, `data:image/bmp;base64,${file}`, pixels, photo],
      });
      expect(predictions.map((one) => one.class)).toEqual(['right', 'right', 'left', expect.any(String)]);
      const [why] = (await predicted(user, model, { input: file, explain: true })).predictions;
      const { base, contributions, picture: drawn } = why!.explanation!;
      expect([contributions.length, contributions[0]!.length]).toEqual([8, 8]);
      const sum = contributions.flat().reduce((total, one) => total + one, base);
      expect(sum).toBeCloseTo(why!.confidence, 4);
      expect(drawn).toMatch(/^data:image\/png;base64,iVBOR/);
      await expect(predicted(user, model, { input: [[1, 2]] })).rejects.toThrow(/must be an array \[8, 10, 3\]/);
      await expect(user.train(id, {}, { model_type: 'mlp' })).rejects.toThrow(/mlp takes tables/);
    });

    test('as rows of a table are learned by a family of images', async () => {
      const user = await User.register(world);
      const csv = digits(80);
      const { id } = await user.upload(csv, { target: 'digit', dataset_type: 'classification' });
      const model = await trained(user, id, 'resnet18', { epochs: 1, batch_size: 64 });
      const row = csv.split('\n')[1]!.split(',').slice(0, 64).map(Number);
      expect((await predicted(user, model, { input: row })).predictions).toHaveLength(1);
    });

    test('that no training could read are refused with the name of the entry', async () => {
      const user = await User.register(world);
      const form = new FormData();
      const broken = zipOf([
        { name: 'a/1.bmp', bytes: picture(true, 1) },
        { name: 'b/2.png', bytes: Buffer.from('no image') },
      ]);
      form.append('file', new File([broken], 'broken.zip', { type: 'application/zip' }));
      form.append('name', 'broken');
      const { id } = await user.client.post<{ id: string }>('/datasets/upload', form);
      const failed = await user.processed(id);
      expect(failed.status).toBe('failed');
      expect(JSON.stringify(failed.error)).toContain('b/2.png');
    });

    test('are refused at the upload for what the directory of their ZIP shows', async () => {
      const user = await User.register(world);
      const bytes = picture(true, 1);
      const outside = zipOf(['a/1.bmp', '2.bmp'].map((name) => ({ name, bytes })));
      const form = new FormData();
      form.append('file', new File([outside], 'outside.zip', { type: 'application/zip' }));
      form.append('name', 'outside');
      const message = /answered 400.*entry \\"2.bmp\\" of the ZIP must lie in a folder/;
      await expect(user.client.post('/datasets/upload', form)).rejects.toThrow(message);
      const one = zipOf(['a/1.bmp', 'a/2.bmp'].map((name) => ({ name, bytes })));
      const body = { name: 'one', file_name: 'one.zip', file_size: one.length };
      const begun = await user.client.post<Begun>('/datasets/uploads', body);
      const sent = await fetch(begun.parts[0]!.url, { method: 'PUT', body: new Uint8Array(one) });
      const parts = [{ part: 1, etag: sent.headers.get('etag')!.replaceAll('"', '') }];
      const completed = user.client.post(`/datasets/uploads/${begun.upload_id}/complete`, { parts });
      await expect(completed).rejects.toThrow(/answered 400.*between 2 and 1000 classes; got 1/);
    });
  });
}

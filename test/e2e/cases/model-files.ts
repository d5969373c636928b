import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import recorded from '#test/fixtures/golden/imported.json' with { type: 'json' };
import { User } from '../user.ts';
import type { World } from '../world.ts';

interface Files {
  readonly files: readonly { file: string; size: number; sha256: string; content_type: string; description: string }[];
  readonly bytes: number;
}

export function modelFiles(world: World): void {
  describe('the files of a model', () => {
    let user: User;
    let model: string;
    beforeAll(async () => {
      user = await User.register(world);
      const job = await user.train((await user.uploadPenguins()).id, { epochs: 3 });
      await user.jobIs(job, ({ status }) => status === 'completed');
      model = (await user.results(job)).model_id;
    });

    const get = (path: string, headers: Record<string, string> = {}) =>
      fetch(`${world.base}/models/${model}${path}`, {
        headers: { authorization: `Bearer ${user.client.token}`, ...headers },
      });
    const listed = async () => (await (await get('/artifacts')).json()) as Files;

    test('are listed, and each comes as it was made', async () => {
      const { files, bytes } = await listed();
      expect(files.map(({ file }) => file)).toEqual(
        expect.arrayContaining(['model.onnx', 'model.pth', 'model.safetensors', 'metrics.json', 'learning-curves.svg']),
      );
      expect(bytes).toBe(files.reduce((sum, { size }) => sum + size, 0));
      for (const { file, size, sha256, content_type } of files) {
        const answer = await get(`/artifacts/${file}`);
        const body = Buffer.from(await answer.arrayBuffer());
        expect([answer.status, body.length, answer.headers.get('content-type')]).toEqual([200, size, content_type]);
        expect(createHash('sha256').update(body).digest('hex')).toBe(sha256);
        expect(answer.headers.get('etag')).toBe(`"${sha256}"`);
      }
    });

    test('come in ranges, and not again to who has them', async () => {
      const { files } = await listed();
      const { sha256, size } = files.find(({ file }) => file === 'model.pth')!;
      const part = await get('/artifacts/model.pth', { range: 'bytes=0-1' });
      expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([
        ...[206, 'PK', `bytes 0-1/${size}`],
      ]);
      expect((await get('/artifacts/model.pth', { 'if-none-match': `"${sha256}"` })).status).toBe(304);
      expect((await get('/artifacts/nonsense.pth')).status).toBe(404);
    });

    test('can be downloaded by format', async () => {
      for (const format of ['onnx', 'pth', 'safetensors']) {
        const answer = await get(`/download?format=${format}`);
        expect([answer.status, answer.headers.get('content-disposition')]).toEqual([
          ...[200, expect.stringMatching(new RegExp(`filename="data-1\\.0\\.0\\.${format}"$`))],
        ]);
        await answer.arrayBuffer();
      }
    });

    test('of others are imported, and serve predictions', async () => {
      const { onnx, rows, labels } = recorded.served['XGBoost, a classifier'];
      const form = new FormData();
      form.set('name', 'boosted');
      form.set('file', new Blob([Buffer.from(onnx, 'base64')]), 'boosted.onnx');
      const headers = { authorization: `Bearer ${user.client.token}` };
      const answer = await fetch(`${world.base}/models/import`, { method: 'POST', body: form, headers });
      const { id } = (await answer.json()) as { id: string };
      expect(answer.status).toBe(201);
      const { predictions } = await user.client.post<{ predictions: { class: string }[] }>(`/models/${id}/predict`, {
        inputs: rows,
      });
      expect(predictions.map((one) => one.class)).toEqual(labels);
    });
  });
}

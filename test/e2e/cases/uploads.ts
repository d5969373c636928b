import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { makeClient } from '#client/client.ts';
import type { paths } from '#client/platform/schema.ts';
import { uploadFile } from '#infra/upload/upload-file.ts';
import { User } from '../user.ts';
import type { World } from '../world.ts';

const ROWS = 250_000;
/** So wide that the file takes several parts. */
const PAD = 'x'.repeat(60);

interface Begun {
  readonly upload_id: string;
  readonly parts: readonly { readonly part: number; readonly url: string }[];
}

export function uploads(world: World): void {
  describe('a file in parts', () => {
    let user: User;
    beforeAll(async () => {
      user = await User.register(world);
    });

    const begin = (size: number) =>
      user.client.post<Begun>('/datasets/uploads', { name: 'parts', file_size: size, target: 'y' });

    test('becomes a dataset of the same bytes', async () => {
      const rows = Array.from({ length: ROWS }, (_, i) => `${i},${PAD},${i % 2 ? 'odd' : 'even'}`);
      const csv = `a,pad,y\n${rows.join('\n')}\n`;
      const file = join(world.folder, 'large.csv');
      writeFileSync(file, csv);
      expect(csv.length).toBeGreaterThan(16 * 1024 * 1024);
      const progress: number[] = [];
      const id = await uploadFile(
        makeClient<paths>(world.base, user.client),
        file,
        { name: 'large', target: 'y' },
        { onProgress: (sent) => progress.push(sent), refresh: () => user.login() },
      );
      expect(progress.at(-1)).toBe(csv.length);
      expect(await user.processed(id)).toMatchObject({
        status: 'ready',
        file_size: csv.length,
        metadata: { rows: ROWS, target: 'y' },
      });
      const profile = await user.client.get<{ sha256: string }>(`/datasets/${id}/profile`);
      expect(profile.sha256).toBe(createHash('sha256').update(csv).digest('hex'));
      await user.client.delete(`/datasets/${id}`);
    });

    test('accepts exactly as many bytes as were announced', async () => {
      const { upload_id, parts } = await begin(10);
      for (const body of ['a,y\n1,2\n3,4\n5,6\n', 'a,y\n']) {
        expect((await fetch(parts[0]!.url, { method: 'PUT', body })).status).toBe(403);
      }
      const early = user.client.post(`/datasets/uploads/${upload_id}/complete`, { parts: [{ part: 1, etag: 'x' }] });
      await expect(early).rejects.toThrow('answered 400');
      await user.client.delete(`/datasets/uploads/${upload_id}`);
      const late = await fetch(parts[0]!.url, { method: 'PUT', body: '0123456789' });
      expect(late.status).toBe(404);
    });

    test('that is no such CSV file by its first bytes is refused when it is completed, and is gone', async () => {
      const body = 'a,b\n1,2\n3\n';
      const { upload_id, parts } = await begin(body.length);
      const sent = await fetch(parts[0]!.url, { method: 'PUT', body });
      const etag = sent.headers.get('etag')!.replaceAll('"', '');
      const complete = () =>
        user.client.post(`/datasets/uploads/${upload_id}/complete`, { parts: [{ part: 1, etag }] });
      await expect(complete()).rejects.toThrow(/answered 400.*row 2 \(line 3\)/);
      await expect(complete()).rejects.toThrow('answered 404');
    });

    test('that is completed again is the dataset that it has become', async () => {
      const body = 'a,y\n1,2\n3,4\n5,6\n7,8\n';
      const { upload_id, parts } = await begin(body.length);
      const sent = await fetch(parts[0]!.url, { method: 'PUT', body });
      const etag = sent.headers.get('etag')!.replaceAll('"', '');
      const path = `/datasets/uploads/${upload_id}/complete`;
      const complete = () => user.client.post<{ id: string }>(path, { parts: [{ part: 1, etag }] });
      const { id } = await complete();
      await user.processed(id);
      expect(await complete()).toMatchObject({ id, status: 'ready' });
      const stranger = await User.register(world);
      await expect(stranger.client.post(path, { parts: [{ part: 1, etag }] })).rejects.toThrow('answered 404');
    });

    test('of another account does not exist', async () => {
      const { upload_id } = await begin(10);
      const stranger = await User.register(world);
      await expect(stranger.client.delete(`/datasets/uploads/${upload_id}`)).rejects.toThrow('answered 404');
      await user.client.delete(`/datasets/uploads/${upload_id}`);
    });
  });
}

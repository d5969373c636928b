import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';

const table = (name: string): string => readFileSync(`test/fixtures/tables/${name}.csv`, 'utf8');

interface Warning {
  readonly code: string;
  readonly overrule: unknown;
}
interface Shown {
  readonly id: string;
  readonly version: number;
  readonly warnings?: readonly Warning[];
}

export function datasets(world: World): void {
  describe('a dataset', () => {
    let user: User;
    beforeAll(async () => {
      user = await User.register(world);
    });

    const get = <T>(path: string) => user.client.get<T>(path);
    const codes = ({ warnings = [] }: Pick<Shown, 'warnings'>) => warnings.map(({ code }) => code);

    test('says what was decided about its file, to its jobs and models as well, and it can be decided otherwise', async () => {
      const dataset = await user.upload(table('class-none'), { name: 'severity' });
      const shown = await get<Shown>(`/datasets/${dataset.id}`);
      expect(codes(shown)).toEqual(['class_like_missing']);
      const job = await user.train(dataset.id, { epochs: 2 });
      await user.jobIs(job, ({ status }) => status === 'completed');
      const results = await get<{ model_id: string; warnings: Warning[] }>(`/training/results/${job}`);
      expect(codes(results)).toEqual(['class_like_missing']);
      const path = `/models/${results.model_id}`;
      expect(await get<Shown>(path)).toMatchObject({ dataset_version: 1, warnings: shown.warnings });
      const read = await user.client
        .post<{ predictions: unknown[] }>(`${path}/predict`, { input: ['0,5', ' 1.25 '] })
        .catch((error: unknown) => String(error));
      expect(read).toContain('must be a number for feature');
      const predicted = await user.client.post<{ predictions: unknown[] }>(`${path}/predict`, {
        input: ['0.5', ' 1.25 '],
      });
      expect(predicted.predictions).toHaveLength(1);

      await user.client.patch(`/datasets/${dataset.id}`, shown.warnings![0]!.overrule);
      expect(await user.processed(dataset.id)).toMatchObject({ status: 'ready', version: 1 });
      const profile = await get<{ classes: { value: string }[]; rows_without_target: number }>(
        `/datasets/${dataset.id}/profile`,
      );
      expect(profile.classes.map(({ value }) => value)).toEqual(['mild', 'severe']);
      expect(profile.rows_without_target).toBe(107);
    });

    test('has versions, a preview and a download', async () => {
      const csv = table('delimiter-tie');
      const [first, second] = [await user.upload(csv, { name: 'leaves' }), await user.upload(csv, { name: 'leaves' })];
      const { versions } = await get<{ versions: Shown[] }>(`/datasets/${first.id}/versions`);
      expect(versions.map(({ id, version }) => [id, version])).toEqual([
        [second.id, 2],
        [first.id, 1],
      ]);

      const preview = await get<{ rows: unknown[][] }>(`/datasets/${first.id}/preview?rows=1`);
      expect(preview.rows).toEqual([[5, 3.3, 'A']]);

      const headers = { authorization: `Bearer ${user.client.token}` };
      const url = `${world.base}/datasets/${first.id}/download`;
      const whole = await fetch(url, { headers });
      expect([whole.status, whole.headers.get('content-disposition')]).toEqual([
        200,
        expect.stringContaining('filename="data.csv"'),
      ]);
      expect(await whole.text()).toBe(csv);
      const etag = whole.headers.get('etag')!;
      const part = await fetch(url, { headers: { ...headers, range: 'bytes=0-5', 'if-range': etag } });
      expect([part.status, await part.text()]).toEqual([206, Buffer.from(csv).subarray(0, 6).toString()]);
      expect((await fetch(url, { headers: { ...headers, 'if-none-match': etag } })).status).toBe(304);
    });

    test('can be looked at before it is one', async () => {
      const form = new FormData();
      form.append('file', new File([table('thousands-in-target')], 'prices.csv', { type: 'text/csv' }));
      form.append('columns', JSON.stringify({ age: { role: 'ignore' } }));
      const preview = await user.client.post<{ rows: unknown[][]; task: string; columns: unknown[] }>(
        '/datasets/preview',
        form,
      );
      expect(preview).toMatchObject({
        task: 'regression',
        columns: [{ role: 'feature' }, { role: 'ignore' }, { role: 'target' }],
      });
      expect(preview.rows[0]).toEqual([1500, 21, 200_110]);
    });
  });
}

import { describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';

interface Page {
  readonly total: number | null;
  readonly next_cursor: string | null;
  readonly [items: string]: unknown;
}

export function lists(world: World): void {
  describe('lists', () => {
    test('have each record in every order, by page number, by cursor and through filters, until it is deleted', async () => {
      const user = await User.register(world);
      const { id } = await user.uploadPenguins();
      const jobs: string[] = [];
      for (const name of ['Beta', 'alpha', 'gamma']) {
        const body = { dataset_id: id, model_type: 'mlp', name, hyperparameters: { epochs: 1 } };
        jobs.push((await user.client.post<{ job_id: string }>('/training/start', body)).job_id);
        await user.jobIs(jobs.at(-1)!, ({ status }) => status === 'completed');
      }
      const page = (path: string) => user.client.get<Page>(path);
      const follow = async (path: string, items: string, field: string): Promise<unknown[]> => {
        const found: unknown[] = [];
        let cursor = '';
        do {
          const got = await page(`${path}&limit=2${cursor}`);
          found.push(...(got[items] as Record<string, unknown>[]).map((one) => one[field]));
          cursor = got.next_cursor === null ? '' : `&cursor=${got.next_cursor}`;
        } while (cursor !== '');
        return found;
      };
      expect(await follow('/models?sort_by=created_at', 'models', 'name')).toEqual(['gamma', 'alpha', 'Beta']);
      expect(await follow('/models?sort_by=name', 'models', 'name')).toEqual(['alpha', 'Beta', 'gamma']);
      expect(await follow('/models?sort_by=name&order=desc&name_prefix=B', 'models', 'name')).toEqual(['Beta']);
      expect(await follow('/models?accuracy_min=0&name_prefix=GAM', 'models', 'name')).toEqual(['gamma']);
      expect(await page('/models?sort_by=name&page=2&limit=2&model_type=mlp')).toMatchObject({
        total: 3,
        page: 2,
        models: [{ name: 'gamma' }],
      });
      expect(await follow('/training?status=completed', 'jobs', 'job_id')).toEqual(jobs.toReversed());
      expect(await page(`/training?dataset_id=${id}&status=failed`)).toMatchObject({ total: null, jobs: [] });
      expect(await page('/datasets?status=ready')).toMatchObject({ datasets: [{ id }], next_cursor: null });

      const { model_id } = await user.results(jobs[0]!);
      await user.client.delete(`/models/${model_id}`);
      for (const order of ['created_at', 'accuracy', 'name']) {
        expect(await page(`/models?sort_by=${order}&model_type=mlp`)).toMatchObject({ total: 2 });
      }
      await user.client.delete(`/datasets/${id}`);
      expect(await page('/datasets?sort_by=size')).toMatchObject({ total: 0, datasets: [] });
    });
  });
}

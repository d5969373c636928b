import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { packers, type Rows, type Value, writers } from '../../learning/files/written.ts';
import { User } from '../user.ts';
import type { World } from '../world.ts';

const cellValue = (cell: string): Value =>
  cell === '' || cell === 'NA' ? null : cell.trim() === '' || Number.isNaN(Number(cell)) ? cell : Number(cell);

/** The penguins, which have no quotes. */
function penguins(): Rows {
  const [header = [], ...rows] = readFileSync('infra/embedded/demo/penguins.csv', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  return { header, rows: rows.map((row) => row.map(cellValue)) };
}

const TABLE = penguins();
const FILES = {
  'penguins.jsonl': { bytes: writers.jsonl(TABLE), format: 'jsonl' },
  'penguins.parquet': { bytes: writers.parquet(TABLE), format: 'parquet' },
  'penguins.csv.gz': { bytes: packers.gzip(writers.csv(TABLE)), format: 'csv', compression: 'gzip' },
  'penguins.zip': { bytes: packers.zip(writers.json(TABLE)), format: 'json', compression: 'zip' },
} as const;

export function fileFormats(world: World): void {
  describe('a table that is no plain CSV', () => {
    let user: User;
    beforeAll(async () => {
      user = await User.register(world);
    });

    test.each(Object.entries(FILES))('%s is read, learned from, and predicted', async (name, { bytes, ...format }) => {
      const form = new FormData();
      form.append('file', new File([new Uint8Array(bytes)], name));
      form.append('name', name);
      form.append('target', 'species');
      const { id } = await user.client.post<{ id: string }>('/datasets/upload', form);
      expect(await user.processed(id)).toMatchObject({
        status: 'ready',
        metadata: { rows: TABLE.rows.length, columns: TABLE.header.length, target: 'species' },
      });
      const profile = await user.client.get<{ format: string; features: string[] }>(`/datasets/${id}/profile`);
      expect(profile).toMatchObject({ ...format, features: TABLE.header.slice(1) });
      const job = await user.train(id, { epochs: 8 });
      const ended = await user.jobIs(job, ({ status }) => status === 'completed' || status === 'failed');
      expect(ended).toMatchObject({ status: 'completed' });
      const { model_id } = await user.results(job);
      const gentoo = ['Biscoe', 47.5, 15.0, 218, 4950, 'female', 2009];
      expect(await user.client.post(`/models/${model_id}/predict`, { input: gentoo })).toMatchObject({
        predictions: [{ class: 'Gentoo' }],
      });
    });

    test('a Parquet file of nested columns is refused with the column and what to do', async () => {
      const form = new FormData();
      form.append('file', new File([readFileSync('test/fixtures/parquet/records.parquet')], 'records.parquet'));
      form.append('name', 'records');
      await expect(user.client.post('/datasets/upload', form)).rejects.toThrow(
        /column \\?"point\\?" must have one value in each row; got records/,
      );
    });
  });
}

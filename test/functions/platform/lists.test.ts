import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { datasetLists } from '#domain/datasets/lists.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { fold } from '#domain/keys.ts';
import { modelLists } from '#domain/models/lists.ts';
import type { Model } from '#domain/models/record.ts';
import { isoTime } from '#domain/times.ts';
import { jobLists } from '#domain/training/lists.ts';
import { JOB_STATUSES, type Job } from '#domain/training/record.ts';
import { NOW } from '#test/domain/store.ts';
import { type Answer, openPlatform, type Platform } from './harness.ts';
import { accountOf, aDataset, aJob, aModel, type Query, queryOf, storeListed } from './listed-records.ts';

let platform: Platform;
let token: string;
let models: Model[];
let datasets: Dataset[];
let jobs: Job[];

beforeAll(async () => {
  platform = await openPlatform({ rates: { authenticatedPerHour: 1e9 } });
  const ada = await accountOf(platform, 'ada');
  token = ada.token;
  models = Array.from({ length: 50 }, (_, n) => aModel(ada.id, n));
  datasets = Array.from({ length: 40 }, (_, n) => aDataset(ada.id, n));
  jobs = Array.from({ length: 40 }, (_, n) => aJob(ada.id, datasets[n % 3]!.id, n));
  await storeListed(platform, modelLists, ada.id, models);
  await storeListed(platform, datasetLists, ada.id, datasets);
  await storeListed(platform, jobLists, ada.id, jobs);
});
afterAll(() => platform.close());

const call = (path: string, query: Query): Promise<Answer> => platform.call({ path, token, query });

/** All ids that following the cursors leads to. */
async function follow(path: string, items: string, query: Query): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | null = null;
  let page = 1;
  do {
    const { body, status }: Answer = await call(path, { ...query, ...(cursor === null ? {} : { cursor }) });
    expect(status).toBe(200);
    expect(body.page).toBe(page++);
    expect(body[items].length).toBeLessThanOrEqual(Number(query.limit));
    found.push(...body[items].map((of: { id?: string; job_id?: string }) => of.id ?? of.job_id));
    cursor = body.next_cursor;
  } while (cursor !== null);
  return found;
}

type Compare<R> = (a: R, b: R) => number;

const bytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Sorted in memory: equal ones by id. */
const sorted = <R extends { readonly id: string }>(of: readonly R[], compare: Compare<R>, order: string): R[] => {
  const ascending = of.toSorted((a, b) => compare(a, b) || bytes(a.id, b.id));
  return order === 'desc' ? ascending.reverse() : ascending;
};

const MODELS: Readonly<Record<string, Compare<Model>>> = {
  created_at: (a, b) => bytes(a.created_at, b.created_at),
  accuracy: (a, b) => (a.performance.accuracy ?? -1) - (b.performance.accuracy ?? -1),
  name: (a, b) => bytes(fold(a.name), fold(b.name)) || bytes(b.created_at, a.created_at),
};
const DATASETS: Readonly<Record<string, Compare<Dataset>>> = {
  created_at: (a, b) => bytes(a.uploaded_at, b.uploaded_at),
  name: (a, b) => bytes(fold(a.name), fold(b.name)),
  size: (a, b) => a.file_size - b.file_size,
};

/** Given half of the time, so that one filter alone is as likely as several. */
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 2 });
const aTime = fc.integer({ min: -1, max: 26 }).map((second) => isoTime(NOW + second * 1000));
const aPrefix = fc.constantFrom('a', 'ALPHA', 'bet', 'är', '日', 'q');
const paged = { limit: fc.integer({ min: 1, max: 60 }), page: fc.integer({ min: 1, max: 12 }) };

describe('a list of any parameters', () => {
  test('of models is the page that sorting them all would give', async () => {
    const parameters = fc.record({
      ...paged,
      sort_by: fc.constantFrom('created_at', 'accuracy', 'name'),
      order: maybe(fc.constantFrom('asc', 'desc')),
      model_type: maybe(fc.constantFrom('mlp', 'bilstm', 'none')),
    });
    const property = fc.asyncProperty(parameters, async ({ page, ...query }) => {
      const { sort_by, limit, model_type, order = sort_by === 'name' ? 'asc' : 'desc' } = query;
      const of = models.filter((model) => model_type === undefined || model.model_type === model_type);
      const expected = sorted(of, MODELS[sort_by]!, order).map(({ id }) => id);
      const { body } = await call('/models', queryOf({ ...query, page }));
      expect(body).toMatchObject({ total: of.length, page, limit });
      expect(body.models.map(({ id }: Model) => id)).toEqual(expected.slice((page - 1) * limit, page * limit));
      expect(body.next_cursor === null).toBe(page * limit >= of.length);
      expect(await follow('/models', 'models', queryOf(query))).toEqual(expected);
    });
    await fc.assert(property, { numRuns: 40 });
  }, 60_000);

  test('of models with filters is what they leave, in order', async () => {
    const parameters = fc.record({
      limit: paged.limit,
      sort_by: fc.constantFrom('created_at', 'accuracy', 'name'),
      order: fc.constantFrom('asc', 'desc'),
      model_type: maybe(fc.constantFrom('mlp', 'bilstm')),
      name_prefix: maybe(aPrefix),
      created_after: maybe(aTime),
      created_before: maybe(aTime),
      accuracy_min: maybe(fc.integer({ min: 0, max: 10 }).map((n) => n / 10)),
      accuracy_max: maybe(fc.integer({ min: 0, max: 10 }).map((n) => n / 10)),
    });
    const property = fc.asyncProperty(parameters, async (query) => {
      const { name_prefix = '', created_after = '', created_before = '9', accuracy_min, accuracy_max } = query;
      const of = models.filter(({ name, created_at, model_type, performance: { accuracy } }) =>
        [
          query.model_type === undefined || model_type === query.model_type,
          fold(name).startsWith(fold(name_prefix)),
          created_at >= created_after && created_at < created_before,
          accuracy_min === undefined || (accuracy !== undefined && accuracy >= accuracy_min),
          accuracy_max === undefined || (accuracy !== undefined && accuracy <= accuracy_max),
        ].every(Boolean),
      );
      const expected = sorted(of, MODELS[query.sort_by]!, query.order).map(({ id }) => id);
      expect(await follow('/models', 'models', queryOf(query))).toEqual(expected);
    });
    await fc.assert(property, { numRuns: 150 });
  }, 60_000);

  test('of datasets is the page that sorting them all would give, or what the filters leave', async () => {
    const parameters = fc.record({
      ...paged,
      sort_by: fc.constantFrom('created_at', 'name', 'size'),
      order: fc.constantFrom('asc', 'desc'),
      status: maybe(fc.constantFrom('ready', 'failed', 'processing')),
      name_prefix: maybe(aPrefix),
      uploaded_after: maybe(aTime),
      uploaded_before: maybe(aTime),
    });
    const property = fc.asyncProperty(parameters, async ({ page, limit, sort_by, order, ...filters }) => {
      const all = sorted(datasets, DATASETS[sort_by]!, order).map(({ id }) => id);
      const { body } = await call('/datasets', queryOf({ page, limit, sort_by, order }));
      expect(body).toMatchObject({ total: datasets.length, page, limit });
      expect(body.datasets.map(({ id }: Dataset) => id)).toEqual(all.slice((page - 1) * limit, page * limit));
      const { status, name_prefix = '', uploaded_after = '', uploaded_before = '9' } = filters;
      const left = datasets.filter(
        (of) =>
          (status === undefined || of.status === status) &&
          fold(of.name).startsWith(fold(name_prefix)) &&
          of.uploaded_at >= uploaded_after &&
          of.uploaded_at < uploaded_before,
      );
      const expected = sorted(left, DATASETS[sort_by]!, order).map(({ id }) => id);
      expect(await follow('/datasets', 'datasets', queryOf({ limit, sort_by, order, ...filters }))).toEqual(expected);
    });
    await fc.assert(property, { numRuns: 40 });
  }, 60_000);

  test('of jobs is newest first, or what the filters leave', async () => {
    const parameters = fc.record({
      limit: paged.limit,
      status: maybe(fc.constantFrom(...JOB_STATUSES)),
      model_type: maybe(fc.constantFrom('mlp', 'bilstm')),
      dataset_id: maybe(fc.constantFrom(...datasets.slice(0, 4).map(({ id }) => id))),
    });
    const property = fc.asyncProperty(parameters, async ({ limit, ...filters }) => {
      const left = jobs.filter((job) =>
        Object.entries(filters).every(([name, value]) => value === undefined || job[name as 'status'] === value),
      );
      const expected = sorted(left, (a, b) => bytes(a.created_at, b.created_at), 'desc').map(({ id }) => id);
      expect(await follow('/training', 'jobs', queryOf({ limit, ...filters }))).toEqual(expected);
    });
    await fc.assert(property, { numRuns: 30 });
    const { body } = await call('/training', { page: '2', limit: '1' });
    expect(body).toMatchObject({ total: 40, page: 2, limit: 1 });
    expect(body.jobs).toEqual([
      {
        job_id: jobs[38]!.id,
        ...{ name: 'x', dataset_id: jobs[38]!.dataset_id, model_type: 'mlp', status: 'failed', progress: 0 },
        ...{ created_at: jobs[38]!.created_at, started_at: null, ended_at: null, model_id: null },
      },
    ]);
  }, 60_000);
});

describe('a cursor', () => {
  const refusal = async (path: string, query: Query) => (await call(path, query)).body.details;

  test('belongs to its list: order, filters, part and account', async () => {
    const { body } = await call('/models', { limit: '5', sort_by: 'name' });
    const cursor: string = body.next_cursor;
    expect((await call('/models', { limit: '7', sort_by: 'name', cursor })).status).toBe(200);
    const message = 'must be the next_cursor of a page with the same order and filters';
    const invalid = [{ field: 'cursor', message }];
    for (const query of [
      { sort_by: 'accuracy', cursor },
      { sort_by: 'name', order: 'desc', cursor },
      { sort_by: 'name', model_type: 'mlp', cursor },
      { sort_by: 'name', name_prefix: 'a', cursor },
      { sort_by: 'name', cursor: `${cursor.slice(0, -2)}xx` },
      { sort_by: 'name', cursor: `${cursor}=` },
      { sort_by: 'name', cursor: 'x' },
      { sort_by: 'name', cursor: Buffer.from('{"list":"x","page":2,"after":"\\ud800"}').toString('base64url') },
    ]) {
      expect(await refusal('/models', query)).toEqual(invalid);
    }
    expect(await refusal('/datasets', { sort_by: 'name', cursor })).toEqual(invalid);
    const stranger = await platform.login('mallory');
    const theirs = await platform.call({ path: '/models', token: stranger, query: { sort_by: 'name', cursor } });
    expect(theirs.body.details).toEqual(invalid);
  });

  test.each([
    ['0.3333333333333333', 200],
    ['-1E-07', 200],
    ['1e1', 200],
    ['1e999', 400],
    ['0x10', 400],
    ['', 400],
  ])('with an accuracy of at least %j answers %i', async (accuracy_min, status) => {
    const answer = await platform.call({ path: '/models', token, query: { accuracy_min } });
    expect(answer.status).toBe(status);
  });

  test('is the only way through filters, and not together with a page number', async () => {
    expect((await call('/models', { page: '1', name_prefix: 'a' })).body).toMatchObject({ page: 1, total: null });
    expect(await refusal('/models', { page: '2', name_prefix: 'a', accuracy_min: '0.5' })).toEqual([
      {
        field: 'page',
        message:
          'cannot be given together with accuracy_min, name_prefix: such pages have no numbers; leave page out and follow next_cursor',
      },
    ]);
    const { body } = await call('/models', { limit: '5' });
    expect(await refusal('/models', { page: '2', limit: '5', cursor: body.next_cursor })).toEqual([
      { field: 'page', message: 'cannot be given together with cursor' },
    ]);
  });

  test('goes on where it was although what was there is deleted', async () => {
    const { token: ada, id } = await accountOf(platform, 'deleting');
    const some = Array.from({ length: 6 }, (_, n) => aModel(id, n));
    await storeListed(platform, modelLists, id, some);
    const page = (query: Query) => platform.call({ path: '/models', token: ada, query: { limit: '2', ...query } });
    const newest = some.toReversed();
    const first = (await page({})).body;
    expect((await platform.call({ method: 'DELETE', path: `/models/${newest[1]!.id}`, token: ada })).status).toBe(204);
    const second = (await page({ cursor: first.next_cursor })).body;
    expect(second.models.map((model: Model) => model.id)).toEqual(newest.slice(2, 4).map((model) => model.id));
    expect(second).toMatchObject({ total: 5, page: 2 });
  });
});

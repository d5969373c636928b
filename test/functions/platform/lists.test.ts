import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { datasetLists } from '#domain/datasets/lists.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { newId } from '#domain/ids.ts';
import { fold } from '#domain/keys.ts';
import type { ListSpec } from '#domain/lists/list.ts';
import { listModels, modelLists } from '#domain/models/lists.ts';
import { type Model, NEW_MODEL } from '#domain/models/record.ts';
import { isoTime } from '#domain/times.ts';
import { jobLists } from '#domain/training/lists.ts';
import { JOB_STATUSES, type Job } from '#domain/training/record.ts';
import { Database } from '#embedded/database.ts';
import { NOW } from '#test/domain/store.ts';
import { writeListed, writeRecords } from '../../../bench/api/host/list-rows.ts';
import { type Answer, openPlatform, type Platform } from './harness.ts';

let platform: Platform;
let token: string;
let accountId: string;
let models: Model[];
let datasets: Dataset[];
let jobs: Job[];

const NAMES = ['Alpha', 'alphabet', 'beta', 'BETA', 'Ärger', 'z', '日本', '_'];

const aModel = (n: number): Model => ({
  ...NEW_MODEL,
  id: newId(NOW + n),
  account_id: accountId,
  number: n + 1,
  name: NAMES[n % NAMES.length]!,
  version: '1.0.0',
  model_type: n % 3 === 0 ? 'bilstm' : 'mlp',
  task: 'classification',
  job_id: newId(NOW),
  dataset_id: newId(NOW),
  architecture: { input_shape: [2], output_classes: 2, parameters: 10 },
  target: 'label',
  performance: n % 7 === 0 ? { rmse: 1 } : { accuracy: ((n * 37) % 11) / 10 },
  final_metrics: { train_loss: 0.1 },
  training_config: {},
  hyperparameters: {},
  artifacts: [],
  // Some at the same moment.
  created_at: isoTime(NOW + Math.floor(n / 2) * 1000),
});

const aDataset = (n: number): Dataset => ({
  id: newId(NOW + n),
  account_id: accountId,
  name: NAMES[n % NAMES.length]!,
  description: '',
  dataset_type: 'auto',
  file_name: 'a.csv',
  file_size: (n * 37) % 11,
  uploaded_at: isoTime(NOW + Math.floor(n / 2) * 1000),
  status: (['ready', 'failed', 'processing'] as const)[n % 3]!,
  in_use: 0,
});

const aJob = (n: number): Job => ({
  id: newId(NOW + n),
  account_id: accountId,
  dataset_id: datasets[n % 3]!.id,
  dataset_name: 'x',
  model_name: 'x',
  model_type: n % 3 === 0 ? 'bilstm' : 'mlp',
  task: 'classification',
  hyperparameters: {},
  validation_split: 0,
  early_stopping: { enabled: false, patience: 1, monitor: 'loss' },
  status: JOB_STATUSES[n % 5]!,
  created_at: isoTime(NOW + Math.floor(n / 2) * 1000),
  estimated_time: 1,
  attempt: 0,
  total_epochs: 1,
  current_epoch: 0,
  progress: 0,
  metrics: {},
  compute_seconds: 0,
  estimated_cost: 0,
});

async function store<R extends object>(spec: ListSpec<R>, account: string, records: readonly R[]): Promise<void> {
  const database = new Database(join(platform.store.dir, 'trainyard.db'));
  await writeListed(database, spec, account, records);
  database.close();
}

beforeAll(async () => {
  platform = await openPlatform({ rates: { authenticatedPerHour: 1e9 } });
  token = await platform.login();
  accountId = (await platform.call({ path: '/auth/me', token })).body.id;
  models = Array.from({ length: 50 }, (_, n) => aModel(n));
  datasets = Array.from({ length: 40 }, (_, n) => aDataset(n));
  jobs = Array.from({ length: 40 }, (_, n) => aJob(n));
  await store(modelLists, accountId, models);
  await store(datasetLists, accountId, datasets);
  await store(jobLists, accountId, jobs);
});
afterAll(() => platform.close());

type Query = Readonly<Record<string, string>>;

const call = (path: string, query: Query): Promise<Answer> => platform.call({ path, token, query });

/** Values of a query as an API's caller writes them; undefined is left out. */
const queryOf = (given: Readonly<Record<string, string | number | undefined>>): Query =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );

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

const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
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
    await fc.assert(property, { numRuns: 60 });
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

  test('is the only way through filters, and not together with a page number', async () => {
    expect(await refusal('/models', { page: '1', name_prefix: 'a', accuracy_min: '0.5' })).toEqual([
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
    const ada = await platform.login('deleting');
    const id = (await platform.call({ path: '/auth/me', token: ada })).body.id;
    const some = Array.from({ length: 6 }, (_, n) => ({ ...aModel(n), account_id: id }));
    await store(modelLists, id, some);
    const page = (query: Query) => platform.call({ path: '/models', token: ada, query: { limit: '2', ...query } });
    const newest = some.toReversed();
    const first = (await page({})).body;
    expect((await platform.call({ method: 'DELETE', path: `/models/${newest[1]!.id}`, token: ada })).status).toBe(204);
    const second = (await page({ cursor: first.next_cursor })).body;
    expect(second.models.map((model: Model) => model.id)).toEqual(newest.slice(2, 4).map((model) => model.id));
    expect(second).toMatchObject({ total: 5, page: 2 });
  });
});

describe('records of a release that had no lists', () => {
  /** An account, and records of it as that release wrote them. */
  async function olderAccount(name: string, count: number): Promise<{ token: string; id: string }> {
    const token = await platform.login(name);
    const { id } = (await platform.call({ path: '/auth/me', token })).body;
    const database = new Database(join(platform.store.dir, 'trainyard.db'));
    await writeRecords(
      database,
      modelLists,
      id,
      Array.from({ length: count }, (_, n) => ({ ...aModel(n), account_id: id })),
    );
    database.close();
    return { token, id };
  }

  test('are all in the lists at once, and others beside them', async () => {
    const { token, id } = await olderAccount('older', 300);
    const page = async (query: Query) => (await platform.call({ path: '/models', token, query })).body;
    expect((await page({ sort_by: 'name', page: '30' })).models).toHaveLength(10);
    expect(await page({ sort_by: 'accuracy', model_type: 'bilstm' })).toMatchObject({ total: 100 });
    expect(await page({ model_type: 'none' })).toMatchObject({ total: 0, models: [] });
    const { records } = await listModels(platform.store.table, id, { sort: 'name', order: 'ascending', limit: 1 });
    const path = `/models/${records[0]!.id}`;
    expect((await platform.call({ method: 'DELETE', path, token })).status).toBe(204);
    for (const sort_by of ['created_at', 'accuracy', 'name']) expect((await page({ sort_by })).total).toBe(299);
  });

  test('that are too many for one request are listed after a few, which say so', async () => {
    const { token } = await olderAccount('much-older', 3500);
    const first = await platform.call({ path: '/models', token });
    expect(first.status).toBe(503);
    expect(first.headers['Retry-After']).toBe('1');
    const second = await platform.call({ path: '/models', token });
    expect(second.body).toMatchObject({ total: 3500 });
    expect(second.body.models[0].created_at).toBe(isoTime(NOW + 1749 * 1000));
  }, 60_000);
});

describe('with 100,000 models', () => {
  const COUNT = 100_000;
  const SORTS = ['created_at', 'accuracy', 'name'];
  let ada: string;

  beforeAll(async () => {
    ada = await platform.login('collector');
    const id = (await platform.call({ path: '/auth/me', token: ada })).body.id;
    const many = Array.from({ length: COUNT }, (_, n) => ({
      ...aModel(n),
      account_id: id,
      name: `model ${n % 5000}`,
      performance: { accuracy: (n * 7919) / 1e9 },
    }));
    await store(modelLists, id, many);
  }, 120_000);

  /** Calls of the table that are of the list: the rest of a request reads its session and counts it. */
  async function readsOf(query: Query): Promise<{ answer: Answer; reads: string[] }> {
    platform.calls.length = 0;
    const answer = await platform.call({ path: '/models', token: ada, query });
    expect(answer.status).toBe(200);
    return { answer, reads: platform.calls.flatMap((each) => /^(query|getMany)/.exec(each)?.[1] ?? []) };
  }

  test('the first, a middle and the last page of each order and type take three reads', async () => {
    for (const sort_by of SORTS) {
      for (const order of ['asc', 'desc']) {
        for (const [type, total] of [
          [undefined, COUNT],
          ['bilstm', 33_334],
        ] as const) {
          const last = Math.ceil(total / 10);
          for (const page of [1, Math.round(last / 2), last]) {
            const { answer, reads } = await readsOf(queryOf({ sort_by, order, page, model_type: type }));
            expect(reads).toEqual(['query', 'query', 'getMany']);
            expect(answer.body.total).toBe(total);
            expect(answer.body.models.length).toBe(page === last ? total % 10 || 10 : 10);
          }
        }
      }
    }
  });

  test('a page by cursor takes as many, and one in a range of its order no more', async () => {
    const { answer } = await readsOf({ page: '5000' });
    expect((await readsOf({ cursor: answer.body.next_cursor })).reads).toEqual(['query', 'query', 'getMany']);
    for (const [sort_by, filters] of [
      ['name', { name_prefix: 'model 49' }],
      ['created_at', { created_after: isoTime(NOW + 40_000_000), created_before: isoTime(NOW + 40_100_000) }],
      ['accuracy', { accuracy_min: '0.5', accuracy_max: '0.6' }],
    ] as const) {
      const { answer, reads } = await readsOf({ sort_by, ...filters });
      expect(reads).toEqual(['query', 'query', 'getMany']);
      expect(answer.body.models).toHaveLength(10);
      expect(answer.body.total).toBeNull();
    }
  });

  test('a filter that leaves next to nothing looks at a thousand entries in a request, and goes on', async () => {
    const query = { sort_by: 'created_at', order: 'asc', limit: '50', name_prefix: 'model 4999' };
    const first = await readsOf(query);
    expect(first.answer.body.models).toEqual([]);
    expect(first.reads.length).toBeLessThanOrEqual(25);
    let cursor: string = first.answer.body.next_cursor;
    for (let n = 0; n < 4; n += 1) cursor = (await readsOf({ ...query, cursor })).answer.body.next_cursor;
    const sixth = await readsOf({ ...query, cursor: cursor! });
    expect(sixth.answer.body.page).toBe(6);
  });
});

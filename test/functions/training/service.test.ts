/** The training service in this process: what it refuses, and what it shows of jobs in every state. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAccount } from '#domain/accounts/change.ts';
import { askForEncoder, changeLoading } from '#domain/encoders/change.ts';
import { newId } from '#domain/ids.ts';
import { isoTime } from '#domain/times.ts';
import { reportProgress } from '#domain/training/attempts.ts';
import { failJob } from '#domain/training/endings.ts';
import { appendLog, lineOf } from '#domain/training/logs.ts';
import { getJob } from '#domain/training/read.ts';
import { NOW } from '#test/domain/store.ts';
import { writers } from '#test/learning/files/written.ts';
import { csvFile, uploadOf } from '../platform/forms.ts';
import { type Answer, type Call, openPlatform, type Platform } from '../platform/harness.ts';
import { ready, running, uploaded } from '../platform/records.ts';

let platform: Platform;
let operator: string;
let token: string;

beforeAll(async () => {
  platform = await openPlatform();
  token = await platform.login();
  operator = (await platform.call({ path: '/auth/me', token })).body.id;
});
afterAll(() => platform.close());

const call = (of: Omit<Call, 'surface'>): Promise<Answer> => platform.call({ surface: 'training', operator, ...of });
const get = (path: string, query: Record<string, string> = {}) => call({ path, query });
const post = (path: string, json?: unknown) => call({ method: 'POST', path, ...(json === undefined ? {} : { json }) });
const put = (name: string, raw: string | Buffer, contentType = 'application/x-ndjson') =>
  call({ method: 'PUT', path: `/training-data/${name}`, raw, headers: { 'content-type': contentType } });
const lines = (...rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const TWO = lines({ text: 'a', label: 'jailbreak' }, { text: 'b', label: 'benign' });
const errorOf = ({ status, body }: Answer) => [status, body.code, body.error];
/** Frees the account's slot. */
const stopped = async ({ body }: Answer) => {
  expect((await post(`/jobs/${body.job_id}/stop`)).body).toMatchObject({ status: 'stopped' });
};

describe('a file of training data', () => {
  test('is stored under its name, replaced, and listed', async () => {
    const first = await put('a.jsonl', TWO);
    expect(first).toMatchObject({
      status: 200,
      body: { name: 'a.jsonl', path: '/app/training_data/a.jsonl', rows: 2 },
    });
    expect((await put('a.jsonl', TWO)).body.dataset_id).toBe(first.body.dataset_id);
    const second = await put('a.jsonl', TWO + TWO);
    expect(second.body).toMatchObject({ rows: 4 });
    expect(second.body.dataset_id).not.toBe(first.body.dataset_id);
    await put('b.csv', 'text,label\nx,benign\ny,jailbreak\n', 'text/csv');
    const page = await get('/training-data', { limit: '1' });
    expect(page.body.files.map(({ name }: { name: string }) => name)).toEqual(['a.jsonl']);
    const rest = await get('/training-data', { cursor: page.body.next_cursor });
    expect(rest.body.files.map(({ name }: { name: string }) => name)).toContain('b.csv');
  });

  test('may be Parquet, whatever the type that it is sent with', async () => {
    const header = ['text', 'label'];
    const rows = [
      ['a', 'jailbreak'],
      ['b', 'benign'],
    ];
    const bytes = writers.parquet({ header, rows });
    for (const type of ['application/vnd.apache.parquet', 'application/octet-stream']) {
      const { status, body } = await put('c.parquet', bytes, type);
      expect([status, body.rows, body.path]).toEqual([200, 2, '/app/training_data/c.parquet']);
    }
  });

  test('is a dataset of the platform, which the platform itself does not train on', async () => {
    const { dataset_id } = (await put('a.jsonl', TWO)).body;
    const dataset = await platform.call({ path: `/datasets/${dataset_id}`, token });
    expect(dataset.body).toMatchObject({ name: 'a.jsonl', status: 'ready', metadata: { rows: 2, target: 'label' } });
    const answer = await platform.call({
      ...{ method: 'POST', path: '/training/start', token },
      json: { dataset_id, model_type: 'mlp' },
    });
    expect([answer.status, answer.body.details[0].message]).toEqual([
      400,
      expect.stringMatching(/must be a table; .* POST \/train/),
    ]);
  });

  test.each([
    [
      'x.jsonl',
      lines({ text: 'a', label: 'b' }, { text: '', label: 'b' }),
      /^Invalid input data: row 2 text must be a string that is not empty; got ""$/,
    ],
    ['x.jsonl', lines({ text: 'a', label: 'b' }, { text: 'c' }), /row 2 label must be a string/],
    [
      'x.jsonl',
      lines({ text: 'x'.repeat(1_048_577), label: 'b' }),
      /row 1 text must have at most 1048576 bytes; got 1048577$/,
    ],
    ['x.jsonl', '', /must have at least 1 row; got 0/],
    ['x.jsonl', `${TWO}\x00`, /must not contain NUL bytes/],
    ['x.csv', 'a,b\n1,2\n', /must have the columns text and label; text and label is missing/],
    ['x.xlsx', TWO, /name must end in \.jsonl, \.ndjson, \.csv, \.parquet; got "x.xlsx"$/],
    ['x.parquet', TWO, /must be Parquet, as its name says; got JSON Lines$/],
    ['%2e%2e%2fx.jsonl', TWO, /name must be a path below \/app\/training_data\/: .* got "..\/x.jsonl"$/],
    ['%2Fetc%2Fx.jsonl', TWO, /must be a path below/],
    ['a%2F..%2Fx.jsonl', TWO, /must be a path below/],
    ['.hidden.jsonl', TWO, /must be a path below/],
    [`${'x'.repeat(200)}.jsonl`, TWO, /must be a path below/],
  ])('is refused as %s with what is wrong: %#', async (name, raw, message) => {
    expect(errorOf(await put(name, raw))).toEqual([400, 'VALIDATION_ERROR', expect.stringMatching(message)]);
  });

  test('takes a text of a megabyte', async () => {
    expect((await put('long.jsonl', lines({ text: 'x'.repeat(1_048_576), label: 'b' }))).status).toBe(200);
  });
});

describe('a training', () => {
  test.each([
    '../../etc/passwd',
    '/etc/passwd',
    '/app/training_data/../secrets.jsonl',
    'training_data/../../x.jsonl',
    'a\\..\\b.jsonl',
    'https://example.com/x.jsonl',
  ])('on %s is refused: it is not below training_data', async (training_data_path) => {
    expect(errorOf(await post('/train', { training_data_path }))).toEqual([
      400,
      'VALIDATION_ERROR',
      expect.stringMatching(/training_data_path must be a path below \/app\/training_data\//),
    ]);
  });

  test('on a file or a dataset that is not there is refused', async () => {
    for (const training_data_path of ['new_data.jsonl', 'datasets/019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55']) {
      expect(errorOf(await post('/train', { training_data_path }))).toEqual([
        404,
        'TRAINING_DATA_NOT_FOUND',
        expect.stringContaining('not found'),
      ]);
    }
  });

  test('with a label that the model does not have names the row', async () => {
    await put('labels.jsonl', TWO + lines({ text: 'c', label: 'spam' }));
    expect(errorOf(await post('/train', { training_data_path: 'labels.jsonl' }))).toEqual([
      400,
      'VALIDATION_ERROR',
      'Invalid input data: training_data_path row 3: label must be one of prompt_injection, jailbreak, system_extraction, code_injection, benign; got "spam"',
    ]);
    const labels = ['spam', 'jailbreak', 'benign'];
    await stopped(await post('/train', { training_data_path: 'labels.jsonl', config: { labels } }));
  });

  test('on one class only is refused', async () => {
    await put('one.jsonl', lines({ text: 'a', label: 'benign' }, { text: 'b', label: 'benign' }));
    expect(errorOf(await post('/train', { training_data_path: 'one.jsonl' }))[2]).toMatch(
      /must have rows with at least 2 different labels; got benign only$/,
    );
  });

  test('on a table without text and label is refused, on one with them it begins', async () => {
    const table = await ready(platform, await uploaded(platform, token));
    expect(errorOf(await post('/train', { training_data_path: `datasets/${table.id}` }))[2]).toMatch(
      /must have the columns text and label; text is missing$/,
    );
    const texts = (await put('a.jsonl', TWO)).body.dataset_id;
    await stopped(await post('/train', { training_data_path: texts }));
  });

  test.each([
    [{ batch_size: 0 }, /config.batch_size must be an integer between 1 and 1024; got 0/],
    [{ learning_rate: 2 }, /config.learning_rate must be greater than 0 and at most 1; got 2/],
    [{ num_epochs: 1e9 }, /config.num_epochs must be an integer between 1 and 1000; got 1000000000/],
    [{ max_length: 0.5 }, /config.max_length must be an integer/],
    [{ metric_for_best_model: 'bleu' }, /metric_for_best_model must be "f1", .*; got "bleu"/],
    [{ labels: ['a', 'a'] }, /labels must be 2 to 50 different words/],
    [{ benign_label: 'ham' }, /config.benign_label must be one of labels, prompt_injection, .*, benign; got ham$/],
    [{ labels: ['spam', 'ham'] }, /config.benign_label must be one of labels, spam, ham; got benign$/],
    [{ validation_split: 0.95 }, /validation_split must be at most 0.9; got 0.95/],
    [{ epochs: 3 }, /config.epochs is not a known field; known are max_length/],
    [{ layer_decay: 0.9 }, /config.layer_decay is not a known field/],
  ])('with a config out of bounds is refused: %p', async (config, message) => {
    expect(errorOf(await post('/train', { config }))).toEqual([
      400,
      'VALIDATION_ERROR',
      expect.stringMatching(message),
    ]);
  });

  test('of a model that is not known is refused', async () => {
    for (const path of ['/models/gpt-5', '/models/gpt-5/status', '/models/versions/gpt-5', '/models/__proto__']) {
      expect(errorOf(await get(path)).slice(0, 2)).toEqual([404, 'MODEL_NOT_FOUND']);
    }
    for (const path of ['/train', '/retrain', '/model-loading/load-single']) {
      expect(errorOf(await post(path, { model_name: 'gpt-5' })).slice(0, 2)).toEqual([404, 'MODEL_NOT_FOUND']);
    }
    const models = ['roberta-base', 'compact-text'];
    expect(errorOf(await post('/model-loading/load-specific', { models }))).toEqual([
      404,
      'MODEL_NOT_FOUND',
      expect.stringMatching(/^Model compact-text not found; .*, and encoders of the hub by owner\/name$/),
    ]);
  });

  test('of any encoder of the hub is by its repository', async () => {
    const model_name = 'sentence-transformers/all-MiniLM-L6-v2';
    const answer = await post('/train', { model_name, config: { layer_decay: 0.9 } });
    expect(answer.body).toMatchObject({
      model_name,
      config: { layer_decay: 0.9, truncation: 'random', batch_size: 8 },
    });
    const { body } = await get(`/models/${encodeURIComponent(model_name)}/status`);
    expect(body).toMatchObject({ model_name, stage: 'loading' });
    await stopped(answer);
  });

  test('that failed with its encoder says so wherever somebody looks: a line, and a code', async () => {
    const { table } = platform.store;
    const model_name = 'openai-community/gpt2';
    const [failure, code] = ['config.json: model_type must be one of bert; got "gpt2"', 'CONFIG_NOT_READ'] as const;
    const { body } = await post('/train', { model_name });
    await askForEncoder(table, model_name, 'a hub', isoTime(NOW));
    await changeLoading(table, model_name, { status: 'failed', failure, failure_code: code }, isoTime(NOW));
    await failJob(table, await getJob(table, operator, body.job_id), { message: failure, code }, isoTime(NOW));
    const why = { error: failure, code };
    expect((await get('/model-loading/status', { model_name })).body.models[model_name]).toEqual({
      ...{ status: 'failed', progress: 0, source: 'a hub', message: failure, code },
    });
    expect((await get(`/jobs/${body.job_id}`)).body).toMatchObject({ status: 'failed', ...why });
    expect((await get('/jobs')).body.jobs[body.job_id]).toMatchObject(why);
    expect((await get(`/models/${encodeURIComponent(model_name)}/status`)).body).toMatchObject(why);
  });

  test('that names no model is of compact-text, with its own defaults, on the samples', async () => {
    const answer = await post('/train', {});
    expect(answer.body).toMatchObject({
      model_name: 'compact-text',
      config: { model_name: 'compact-text', batch_size: 16, learning_rate: 0.01, num_epochs: 20 },
    });
    await stopped(answer);
  });

  test('of an encoder stays queued, and says that it is loaded first', async () => {
    const { job_id } = (await post('/train', { model_name: 'bert-base-uncased' })).body;
    expect((await get(`/jobs/${job_id}`)).body).toMatchObject({ status: 'queued', stage: 'loading' });
    expect((await get('/models/bert-base-uncased')).body).toMatchObject({ status: 'queued', trained: false });
    await post(`/jobs/${job_id}/stop`);
    expect((await get('/models/bert-base-uncased')).body.status).toBe('stopped');
  });

  test('of a sixth job at once waits for a slot', async () => {
    const started = [];
    for (let i = 0; i < 5; i++) started.push(await post('/train', {}));
    expect(errorOf(await post('/train', {})).slice(0, 2)).toEqual([429, 'RATE_LIMIT_EXCEEDED']);
    for (const one of started) await stopped(one);
  });
});

describe('a job', () => {
  test('shows progress and an end that are measured', async () => {
    const { job_id } = (await post('/train', {})).body;
    const job = await running(platform, operator, job_id);
    platform.clock.now += 10_000;
    const report = { current_epoch: 5, progress: 25, metrics: { loss: 1.25 }, best_metric: 0.5 };
    const usage = { compute_seconds: 10, estimated_cost: 0 };
    await reportProgress(platform.store.table, job, { ...report, ...usage }, isoTime(platform.clock.now));
    const wanted = {
      ...{ status: 'running', progress: 25, current_epoch: 5, total_epochs: 20, current_loss: 1.25, best_metric: 0.5 },
      estimated_completion: isoTime(platform.clock.now + 30_000),
    };
    expect((await get(`/jobs/${job_id}`)).body).toMatchObject({ ...wanted, result: null });
    expect((await get('/models/compact-text/status')).body).toMatchObject({ ...wanted, status: 'training', job_id });
    expect((await get('/jobs')).body).toMatchObject({ running_jobs: 1, completed_jobs: 0 });
    const keep = await post(`/jobs/${job_id}/stop`, { keep_best: true });
    expect(keep.body).toMatchObject({ job_id, status: 'stopping' });
    expect((await get(`/jobs/${job_id}`)).body).toMatchObject({ stage: 'stopping' });
    await post(`/jobs/${job_id}/stop`);
    expect(errorOf(await post(`/jobs/${job_id}/stop`)).slice(0, 2)).toEqual([409, 'CONFLICT']);
  });

  test('is listed page by page, the newest first', async () => {
    const { total_jobs } = (await get('/jobs')).body;
    expect(total_jobs).toBeGreaterThan(5);
    const ids = [];
    for (let page = 1; ids.length < total_jobs; page++) {
      ids.push(...Object.keys((await get('/jobs', { page: String(page), limit: '3' })).body.jobs));
    }
    expect(ids).toEqual(Object.keys((await get('/jobs')).body.jobs));
    expect(new Set(ids).size).toBe(total_jobs);
  });

  test('of the platform’s tables is not one of this service', async () => {
    const table = await ready(platform, await uploaded(platform, token));
    const json = { dataset_id: table.id, model_type: 'mlp' };
    const { job_id } = (await platform.call({ method: 'POST', path: '/training/start', token, json })).body;
    expect(errorOf(await get(`/jobs/${job_id}`)).slice(0, 2)).toEqual([404, 'JOB_NOT_FOUND']);
    expect((await get('/jobs')).body.jobs).not.toHaveProperty(job_id);
    const at = { attempt: 1, run: 1, chunk: 1 };
    await appendLog(
      platform.store.table,
      { account_id: operator, id: job_id },
      at,
      [lineOf('INFO', 'a table', NOW)],
      NOW,
    );
    expect((await get('/logs')).text).not.toContain('a table');
    await platform.call({ method: 'POST', path: `/training/stop/${job_id}`, token });
  });
});

describe('the log', () => {
  test('has the latest lines of all jobs, filtered by job and level, and leads to earlier ones', async () => {
    const ids: string[] = [];
    for (const minute of [1, 2]) {
      platform.clock.now += 60_000;
      const { job_id } = (await post('/train', {})).body;
      ids.push(job_id);
      const of = { account_id: operator, id: job_id };
      for (let chunk = 1; chunk <= 30; chunk++) {
        const all = [lineOf('INFO', `${minute}.${chunk}`, NOW), lineOf('WARN', `warning ${minute}.${chunk}`, NOW)];
        await appendLog(platform.store.table, of, { attempt: 1, run: 1, chunk }, all, platform.clock.now);
      }
      await post(`/jobs/${job_id}/stop`);
    }
    const messages = ({ body }: Answer) => body.logs.map(({ message }: { message: string }) => message);
    const latest = await get('/logs', { limit: '4' });
    expect(messages(latest)).toEqual(['2.29', 'warning 2.29', '2.30', 'warning 2.30']);
    expect(latest.body.total_logs).toBe(4);
    expect(messages(await get('/logs', { limit: '2', cursor: latest.body.next_cursor }))).toEqual([
      '2.28',
      'warning 2.28',
    ]);
    const warnings = messages(await get('/logs', { level: 'WARN', limit: '40' }));
    expect(warnings.slice(-40)).toHaveLength(40);
    expect(warnings.at(-31)).toBe('warning 1.30');
    expect(messages(await get('/logs', { job_id: ids[0]!, level: 'INFO', limit: '1000' }))).toEqual(
      Array.from({ length: 30 }, (_, i) => `1.${i + 1}`),
    );
    expect(errorOf(await get('/logs', { job_id: 'job_123' })).slice(0, 2)).toEqual([404, 'JOB_NOT_FOUND']);
    expect((await get('/logs', { level: 'LOUD' })).status).toBe(400);
    expect(errorOf(await get('/logs', { cursor: 'nonsense' })).slice(0, 2)).toEqual([400, 'VALIDATION_ERROR']);
  });
});

describe('another account', () => {
  const other = newId(NOW);
  const as = (of: Omit<Call, 'surface'>) => platform.call({ surface: 'training', operator: other, ...of });
  beforeAll(async () => {
    const names = { username: 'mallory', email: 'mallory@example.com', full_name: 'M', password_hash: '-' };
    await createAccount(platform.store.table, { id: other, ...names, created_at: isoTime(NOW) });
  });

  test('sees neither jobs, nor files, nor logs', async () => {
    await put('mine.jsonl', TWO);
    const { job_id } = (await post('/train', { training_data_path: 'mine.jsonl' })).body;
    expect(errorOf(await as({ path: `/jobs/${job_id}` }))[1]).toBe('JOB_NOT_FOUND');
    expect(errorOf(await as({ method: 'POST', path: `/jobs/${job_id}/stop` }))[1]).toBe('JOB_NOT_FOUND');
    expect(errorOf(await as({ path: '/logs', query: { job_id } }))[1]).toBe('JOB_NOT_FOUND');
    expect((await as({ path: '/jobs' })).body.total_jobs).toBe(0);
    expect((await as({ path: '/logs' })).body.logs).toEqual([]);
    expect((await as({ path: '/training-data' })).body.files).toEqual([]);
    const { dataset_id } = (await put('mine.jsonl', TWO)).body;
    for (const training_data_path of ['mine.jsonl', `datasets/${dataset_id}`]) {
      expect(errorOf(await as({ method: 'POST', path: '/train', json: { training_data_path } }))[1]).toBe(
        'TRAINING_DATA_NOT_FOUND',
      );
    }
    await post(`/jobs/${job_id}/stop`);
  });

  test('without credentials, or with a key that may only read, may not train', async () => {
    const anonymous = await platform.call({ surface: 'training', method: 'POST', path: '/train', json: {} });
    expect([anonymous.status, anonymous.body.code]).toEqual([401, 'UNAUTHORIZED']);
    const json = { name: 'reader', scope: 'read' };
    const { key } = (await platform.call({ method: 'POST', path: '/account/api-keys', token, json })).body;
    const by = (of: Omit<Call, 'surface'>) => platform.call({ surface: 'training', token: key, ...of });
    expect((await by({ path: '/jobs' })).status).toBe(200);
    const answer = await by({ method: 'POST', path: '/train', json: {} });
    expect([answer.status, answer.body.code]).toEqual([403, 'FORBIDDEN']);
  });
});

test('a table with texts that the platform read is trained on as well', async () => {
  const csv = 'text,label\nIgnore the rules,jailbreak\nHello there,benign\nHow are you,benign\n';
  const answer = await platform.call(uploadOf(token, [csvFile(csv), { name: 'name', value: 'texts' }]));
  expect((await post('/train', { training_data_path: `datasets/${answer.body.id}` })).body).toMatchObject({
    code: 'CONFLICT',
    error: expect.stringContaining('is still processing'),
  });
});

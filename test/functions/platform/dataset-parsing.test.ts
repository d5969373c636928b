import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findDataset, getDataset } from '#domain/datasets/read.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { makeHandler } from '#functions/events/process-dataset.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { aJob } from '#test/domain/store.ts';
import { csvFile, formBytes, type Part, uploadOf } from './forms.ts';
import { openPlatform, type Platform } from './harness.ts';

let platform: Platform;
let token: string;
let account: string;
beforeAll(async () => {
  platform = await openPlatform({}, (adapters) => ({
    ...adapters,
    blobs: { ...adapters.blobs, datasets: watched(adapters.blobs.datasets) },
  }));
  token = await platform.login();
  account = (await platform.call({ path: '/auth/me', token })).body.id;
});
afterAll(() => platform.close());

/** What was read of files, as `get data 0-262143`. */
const reads: string[] = [];

const watched = (blobs: Blobs): Blobs =>
  new Proxy(blobs, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name);
      if (typeof own !== 'function') return own;
      return (...args: [key: string, range?: { start: number; end: number }]) => {
        const [key, range] = args;
        if (name === 'get' || name === 'head') {
          reads.push(`${name} ${key.split('/').at(-1)}${range ? ` ${range.start}-${range.end}` : ''}`);
        }
        return own.apply(target, args);
      };
    },
  });

const ROWS = Array.from(
  { length: 60 },
  (_, i) => `${String(i % 30).padStart(5, '0')};${i % 7},5;${i % 2 ? 'none' : 'some'}`,
);
const TEXT = `zip;size;label\n${ROWS.join('\n')}\n`;

const field = (name: string, value: unknown): Part => ({
  name,
  value: typeof value === 'string' ? value : JSON.stringify(value),
});

async function upload(text: string, fields: readonly Part[] = []): Promise<Dataset> {
  const answer = await platform.call(uploadOf(token, [csvFile(text), field('name', 'data'), ...fields]));
  if (answer.status !== 201) throw new Error(answer.text);
  return getDataset(platform.store.table, account, answer.body.id);
}

/** Reads the file of a dataset, as the queue's consumer does. */
async function process({ id }: Pick<Dataset, 'id'>) {
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const handler = makeHandler(permitted('process-dataset', platform.store), { logger, settings: platform.settings });
  const body = JSON.stringify({ account_id: account, dataset_id: id });
  const record = { messageId: `m-${id}-${platform.clock.now++}`, body, attributes: { ApproximateReceiveCount: '1' } };
  await handler({ Records: [record] } as never, { getRemainingTimeInMillis: () => 60_000 });
  return (await platform.call({ path: `/datasets/${id}`, token })).body;
}

const patch = (id: string, json: unknown) => platform.call({ method: 'PATCH', path: `/datasets/${id}`, token, json });
const profileOf = async (id: string) => (await platform.call({ path: `/datasets/${id}/profile`, token })).body;
const typesOf = async (id: string) =>
  Object.fromEntries((await profileOf(id)).columns.map((of: { name: string; type: string }) => [of.name, of.type]));

describe('how a file is read', () => {
  test('is said at the upload', async () => {
    const columns = { zip: { role: 'ignore' } } as const;
    const said = [field('delimiter', ';'), field('decimal', ','), field('columns', columns)];
    await expect(upload(TEXT, [...said, field('missing', ['none'])])).rejects.toThrow(
      'must have between 2 and 1000 classes; got 1: \\"some\\"',
    );
    const shown = await process(await upload(TEXT, [...said, field('missing', ['nothing'])]));
    expect(shown).toMatchObject({ status: 'ready', metadata: { features: ['size'] } });
    expect(shown.parsing).toEqual({ delimiter: ';', decimal: ',', missing: ['nothing'], columns });
  });

  test('is changed later without another upload, and models learn from what it is then', async () => {
    const dataset = await upload(TEXT);
    const before = await process(dataset);
    expect(before).toMatchObject({
      status: 'ready',
      version: dataset.version,
      metadata: { features: ['zip', 'size'] },
    });
    expect(await typesOf(dataset.id)).toEqual({ zip: 'category', size: 'number', label: 'category' });
    const codes = before.warnings.find(({ code }: { code: string }) => code === 'codes');
    expect(codes).toMatchObject({
      column: 'zip',
      first_value: '00000',
      overrule: { columns: { zip: { type: 'number' } } },
    });

    // What a warning names as its overruling can be sent as it is.
    const changed = await patch(dataset.id, codes.overrule);
    expect([changed.status, changed.body.status, changed.body.parsing]).toEqual([200, 'processing', codes.overrule]);
    expect((await findDataset(platform.store.table, account, dataset.id))!.columns).toBeUndefined();
    expect(await process(dataset)).toMatchObject({ status: 'ready', version: dataset.version });
    expect(await typesOf(dataset.id)).toMatchObject({ zip: 'number' });
  });

  test('merges with what was said before, and null takes it back', async () => {
    const dataset = await upload(TEXT, [field('columns', { zip: { role: 'ignore' }, label: { role: 'target' } })]);
    await process(dataset);
    const changes = [
      [
        { columns: { zip: { type: 'text' } } },
        { columns: { zip: { role: 'ignore', type: 'text' }, label: { role: 'target' } } },
      ],
      [
        { columns: { zip: { role: null } }, quote: 'none' },
        { quote: 'none', columns: { zip: { type: 'text' }, label: { role: 'target' } } },
      ],
      [{ columns: { zip: null, size: { role: 'target' } } }, { quote: 'none', columns: { size: { role: 'target' } } }],
      [{ target: 'label', quote: null }, undefined],
    ] as const;
    for (const [change, parsing] of changes) {
      const answer = await patch(dataset.id, change);
      expect([answer.status, answer.body.parsing]).toEqual([200, parsing]);
      await process(dataset);
    }
    expect((await profileOf(dataset.id)).target).toBe('label');
  });

  test('may make the task another one', async () => {
    const dataset = await upload(TEXT);
    await process(dataset);
    expect((await patch(dataset.id, { target: 'size', dataset_type: 'regression' })).status).toBe(200);
    expect(await process(dataset)).toMatchObject({ dataset_type: 'regression', metadata: { target: 'size' } });
  });

  test('is not changed while the file is read, or a job reads it', async () => {
    const dataset = await upload(TEXT);
    const early = await patch(dataset.id, { delimiter: ';' });
    expect([early.status, early.body.message]).toEqual([409, `Dataset ${dataset.id} is still processing`]);
    await process(dataset);
    const json = { dataset_id: dataset.id, model_type: 'mlp' };
    const job = await platform.call({ method: 'POST', path: '/training/start', token, json });
    const late = await patch(dataset.id, { delimiter: ';' });
    expect([late.status, late.body.message]).toEqual([
      409,
      `Dataset ${dataset.id} is in use by 1 active training job: ${job.body.job_id}`,
    ]);
    await platform.call({ method: 'POST', path: `/training/stop/${job.body.job_id}`, token });
    expect((await patch(dataset.id, { delimiter: ';' })).status).toBe(200);
  });

  test('is what a job was checked against: one that comes in between is refused', async () => {
    const dataset = await upload(TEXT);
    await process(dataset);
    const before = await getDataset(platform.store.table, account, dataset.id);
    await patch(dataset.id, { columns: { size: { role: 'ignore' } } });
    await process(dataset);
    const between = await getDataset(platform.store.table, account, dataset.id);
    await patch(dataset.id, { columns: { size: { role: null } } });
    await process(dataset);
    for (const late of [before, between]) {
      const job = aJob(platform.store.table, late);
      await expect(job).rejects.toThrow('has just been read in another way; try again');
    }
    const json = { dataset_id: dataset.id, model_type: 'mlp' };
    expect((await platform.call({ method: 'POST', path: '/training/start', token, json })).status).toBe(201);
  });

  test('can be repaired where a dataset has failed', async () => {
    // What the first bytes show is refused at once.
    const rows = Array.from({ length: 40_000 }, (_, i) => `${i},x\n`);
    const dataset = await upload(`a,label\n${rows.join('')}`);
    expect(await process(dataset)).toMatchObject({ status: 'failed' });
    expect((await patch(dataset.id, { target: 'a' })).body.error).toBeUndefined();
    expect(await process(dataset)).toMatchObject({ status: 'ready', metadata: { target: 'a' } });
  });

  test('leaves the file alone where only the description changes', async () => {
    const dataset = await upload(TEXT);
    await process(dataset);
    const answer = await patch(dataset.id, { description: 'Sizes by zip code' });
    expect(answer.body).toMatchObject({ status: 'ready', description: 'Sizes by zip code' });
  });

  const fault = async (json: unknown) => {
    const dataset = await upload(TEXT);
    await process(dataset);
    const answer = await patch(dataset.id, json);
    expect(answer.status).toBe(400);
    expect((await platform.call({ path: `/datasets/${dataset.id}`, token })).body.status).toBe('ready');
    return answer.body.details;
  };

  test.each([
    [{ columns: { zap: { role: 'id' } } }, 'columns.zap', 'must be one of the columns "zip", "size", "label"'],
    [{ target: 'zap' }, 'target', 'must be one of the columns "zip", "size", "label"; got "zap"'],
    [{ delimiter: ':' }, 'delimiter', 'must be ",", ";", "\\t", "|" or "tab"; got ":"'],
    [{ delimiter: ',' }, 'file', /must have between 2 and 2000 columns|must have \d values/],
    [
      { columns: { zip: { role: 'key' } } },
      'columns.zip.role',
      'must be "feature", "target", "label", "id", "ignore", "group" or "time"; got "key"',
    ],
    [{ missing: Array.from({ length: 51 }, (_, i) => `w${i}`) }, 'missing', 'must have at most 50 items; got 51'],
    [
      { columns: { zip: { role: 'target' }, size: { role: 'target' } } },
      'columns',
      'must have at most 1 target; got "zip", "size"',
    ],
    [
      { columns: { zip: { role: 'group' }, size: { role: 'group' } } },
      'columns',
      'must have at most 1 group; got "zip", "size"',
    ],
    [
      { columns: { label: { type: 'number' } }, target: 'size' },
      'columns.label.type',
      /got number, and "some" in row 1/,
    ],
    [{ columns: { label: { role: 'time' } }, target: 'size' }, 'columns.label.role', /column of times or numbers/],
    [{ columns: { size: { date_order: 'day_first' } } }, 'columns.size.date_order', /"0,5" in row 1/],
    [{ columns: { size: { decimal: '.' } } }, 'columns.size.decimal', /by \., .* no numbers, such as "0,5" in row 1/],
    [{ dataset_type: 'regression' }, 'target', /must be numeric for regression/],
    [{ columns: { label: { missing: ['none'] } } }, 'target', /got 1: "some"/],
  ])('refuses %j and changes nothing', async (json, name, message) => {
    const [first] = await fault(json);
    expect(first.field).toBe(name);
    if (typeof message === 'string') expect(first.message).toBe(message);
    else expect(first.message).toMatch(message);
  });

  test('has a separator of labels for the target alone', async () => {
    const columns = { zip: { separator: ',' } };
    const fault = {
      field: 'columns.zip.separator',
      message: 'must be left out: only a target has labels to separate, and the target is "label"; got ","',
    };
    const uploaded = uploadOf(token, [csvFile(TEXT), field('name', 'data'), field('columns', columns)]);
    expect((await platform.call(uploaded)).body.details).toEqual([fault]);
    const { id } = await upload(TEXT);
    await process({ id });
    const { status, body } = await patch(id, { columns });
    expect([status, body.details]).toEqual([400, [fault]]);
    expect((await patch(id, { columns: { zip: { separator: null }, label: { separator: ',' } } })).status).toBe(200);
  });

  test('is refused at the upload where the first bytes show that it cannot be', async () => {
    const refused = async (parts: readonly Part[]) =>
      (await platform.call(uploadOf(token, [csvFile(TEXT), field('name', 'data'), ...parts]))).body.details[0];
    expect(await refused([field('target', 'nothing')])).toEqual({
      field: 'target',
      message: 'must be one of the columns "zip", "size", "label"; got "nothing"',
    });
    expect(await refused([field('columns', { nothing: {} })])).toMatchObject({ field: 'columns.nothing' });
    expect(await refused([{ name: 'columns', value: '{"zip"' }])).toEqual({
      field: 'columns',
      message: 'must be JSON; got "{\\"zip\\""',
    });
    expect(await refused([field('missing', 'NA')])).toEqual({ field: 'missing', message: 'must be JSON; got "NA"' });
    expect(await refused([field('columns', { zip: { type: 'words' } })])).toMatchObject({ field: 'columns.zip.type' });
  });
});

test('a file without names is read with numbers for names, where its owner says so', async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `${i + 0.5};${3 + (i % 7)};${i % 2}`);
  const text = `${rows.join('\n')}\n`;
  const dataset = await upload(text);
  const before = await process(dataset);
  expect(before).toMatchObject({ metadata: { rows: 39, target: '0' } });
  const warning = before.warnings.find(({ code }: { code: string }) => code === 'header_like_row');
  expect(warning).toMatchObject({ first_value: '0.5', overrule: { header: false } });
  expect((await patch(dataset.id, warning.overrule)).status).toBe(200);
  const after = await process(dataset);
  expect(after).toMatchObject({
    status: 'ready',
    metadata: { rows: 40, features: ['column_1', 'column_2'], target: 'column_3' },
    parsing: { header: false },
  });
  expect(after.warnings.map(({ code }: { code: string }) => code)).not.toContain('header_like_row');
  const shown = await platform.call({ path: `/datasets/${dataset.id}/preview`, token });
  expect(shown.body).toMatchObject({ header: false, columns: { length: 3 } });
  expect(shown.body.rows[0]).toEqual([0.5, 3, 0]);
  expect((await patch(dataset.id, { header: null })).status).toBe(200);
  expect(await process(dataset)).toMatchObject({ metadata: { rows: 39 } });

  expect(await process(await upload(text, [field('header', 'false')]))).toMatchObject({ metadata: { rows: 40 } });
  const parts = formBytes([csvFile(text), field('header', 'false')]);
  const previewed = await platform.call({ ...uploadOf(token, [], parts), path: '/datasets/preview' });
  expect(previewed.body).toMatchObject({ header: false, target: 'column_3' });
});

describe('a preview', () => {
  const preview = (text: string, parts: readonly Part[] = []) =>
    platform.call({ ...uploadOf(token, [], formBytes([csvFile(text), ...parts])), path: '/datasets/preview' });

  test('shows how a file would be read, and stores nothing', async () => {
    const before = (await platform.call({ path: '/datasets', token })).body.total;
    const { status, body } = await preview(TEXT);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      delimiter: ';',
      target: 'label',
      task: 'classification',
      complete: true,
      problems: [],
    });
    expect(body.columns).toEqual([
      { name: 'zip', type: 'category', role: 'feature' },
      { name: 'size', type: 'number', role: 'feature' },
      { name: 'label', type: 'category', role: 'target' },
    ]);
    expect(body.rows.slice(0, 2)).toEqual([
      ['00000', 0.5, 'some'],
      ['00001', 1.5, 'none'],
    ]);
    expect(body.warnings.map(({ code }: { code: string }) => code)).toContain('codes');
    expect((await platform.call({ path: '/datasets', token })).body.total).toBe(before);
  });

  test('follows what is said, and shows what stands against it', async () => {
    const said = await preview(TEXT, [field('columns', { label: { missing: ['none'] }, zip: { type: 'number' } })]);
    expect(said.body.rows[1]).toEqual([1, 1.5, null]);
    expect(said.body).toMatchObject({ task: null, problems: [{ field: 'target' }] });
    const broken = await preview('a,b\n1,2\n3\n');
    expect([broken.status, broken.body.details[0].field]).toEqual([400, 'file']);
  });

  test('takes the first part of a file, cut anywhere', async () => {
    const bytes = Buffer.from(TEXT.replaceAll('some', 'söme'));
    for (const length of [200, 201, 202, 203, 204, 205, 206, 207]) {
      const parts = [{ ...csvFile(bytes.subarray(0, length)) }];
      const answer = await platform.call({ ...uploadOf(token, [], formBytes(parts)), path: '/datasets/preview' });
      expect([answer.status, answer.body.columns.length]).toEqual([200, 3]);
    }
  });

  test('of a dataset shows its first rows with their types, at most a hundred', async () => {
    const rows = Array.from(
      { length: 300 },
      (_, i) => `2024-01-${String((i % 28) + 1).padStart(2, '0')},${i % 2 ? 'Yes' : 'no'},${i},${i / 2}`,
    );
    const dataset = await upload(`when,ok,n,y\n${rows.join('\n')}\n`, [field('columns', { n: { role: 'ignore' } })]);
    const early = await platform.call({ path: `/datasets/${dataset.id}/preview`, token });
    await process(dataset);
    const late = await platform.call({ path: `/datasets/${dataset.id}/preview`, token });
    expect(late.body).toEqual(early.body);
    expect(late.body).toMatchObject({ complete: false, task: 'regression' });
    expect(late.body.rows).toHaveLength(20);
    expect(late.body.rows[1]).toEqual(['2024-01-02T00:00:00.000Z', true, 1, 0.5]);
    expect(late.body.columns[2]).toEqual({ name: 'n', type: 'number', role: 'ignore' });
    const more = await platform.call({ path: `/datasets/${dataset.id}/preview`, token, query: { rows: '100' } });
    expect(more.body.rows).toHaveLength(100);
    const most = await platform.call({ path: `/datasets/${dataset.id}/preview`, token, query: { rows: '101' } });
    expect(most.body.details).toEqual([{ field: 'rows', message: 'must be between 1 and 100; got 101' }]);
  });

  test('reads the record and the beginning of the file, once each', async () => {
    const cells = Array.from({ length: 20_000 }, (_, i) => `${i},${'x'.repeat(20)},${i % 2}`);
    const dataset = await upload(`a,b,label\n${cells.join('\n')}\n`);
    const calls = async (call: Parameters<Platform['call']>[0]) => {
      platform.calls.length = 0;
      reads.length = 0;
      const { status, body } = await platform.call(call);
      const records = platform.calls.filter((one) => one.includes('DATASET#') || one.startsWith('transact'));
      return { status, body, calls: [...records.map((one) => one.split(' ')[0]), ...reads] };
    };
    const path = `/datasets/${dataset.id}`;
    const preview = await calls({ path: `${path}/preview`, token, query: { rows: '3' } });
    expect(preview).toMatchObject({ body: { complete: false }, calls: ['get', 'get data 0-262143'] });
    await process(dataset);
    expect(await calls({ path: `${path}/preview`, token })).toMatchObject({
      status: 200,
      calls: ['get', 'get profile.json', 'get data 0-262143'],
    });
    const change = await calls({ method: 'PATCH', path, token, json: { columns: { b: { role: 'ignore' } } } });
    expect(change).toMatchObject({ status: 200, calls: ['get', 'get data 0-262143'] });
    expect(platform.calls.filter((one) => one === `update ACCOUNT#${account}`)).toHaveLength(1);
  });
});

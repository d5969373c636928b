import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import { BOUNDARY, csvFile, formBytes, uploadOf } from './forms.ts';
import { openPlatform, type Platform } from './harness.ts';
import { CSV, ready, uploaded } from './records.ts';

let platform: Platform;
let token: string;
let dataset: string;
beforeAll(async () => {
  platform = await openPlatform();
  token = await platform.login();
  dataset = (await ready(platform, await uploaded(platform, token))).id;
});
afterAll(() => platform.close());

const start = (key: string, json: object = {}, as = token) =>
  platform.call({
    method: 'POST',
    path: '/training/start',
    token: as,
    headers: { 'content-type': 'application/json', 'Idempotency-Key': key },
    json: { dataset_id: dataset, model_type: 'mlp', ...json },
  });

describe('a request with an Idempotency-Key', () => {
  test('is done once and gets the same response, until a day has passed', async () => {
    const first = await start('one');
    const again = await start('one');
    expect(again.body).toEqual(first.body);
    expect([first, again].map(({ headers }) => headers['Idempotent-Replayed'])).toEqual([undefined, 'true']);
    const messages = await platform.store.queues.training.receive({ max: 10 });
    expect(messages.filter(({ body }) => body.includes(first.body.job_id))).toHaveLength(1);
    expect((await start('two')).body.job_id).not.toBe(first.body.job_id);
    platform.clock.now += 86_400_000;
    token = (
      await platform.call({ method: 'POST', path: '/auth/login', json: { username: 'ada', password: 'correct horse' } })
    ).body.access_token;
    expect((await start('one')).body.job_id).not.toBe(first.body.job_id);
  });

  test('and another body is refused', async () => {
    await start('three');
    const other = await start('three', { validation_split: 0.5 });
    expect(other.status).toBe(422);
    expect(other.body.error).toBe('unprocessable');
  });

  test('is refused while the first is still in progress', async () => {
    const key = 'many at once'.replaceAll(' ', '-');
    const answers = await Promise.all(Array.from({ length: 4 }, () => start(key)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const { status } of answers) expect([201, 409]).toContain(status);
  });

  test('that failed may be retried', async () => {
    expect((await start('four', { model_type: 'nothing' })).status).toBe(400);
    const answer = await start('four');
    expect([201, 429]).toContain(answer.status);
  });

  test('is recognised as the same upload whatever its boundary', async () => {
    const parts = [csvFile(CSV), { name: 'name', value: 'twice' }];
    const bytes = Buffer.from(formBytes(parts).toString().replaceAll(BOUNDARY, 'another'));
    const one = uploadOf(token, parts);
    const two = { ...one, raw: bytes, headers: { 'content-type': 'multipart/form-data; boundary="another"' } };
    const key = { 'idempotency-key': 'upload' };
    const first = await platform.call({ ...one, headers: { ...one.headers, ...key } });
    const second = await platform.call({ ...two, headers: { ...two.headers, ...key } });
    expect(first.status).toBe(201);
    expect(second.body).toEqual(first.body);
  });

  test('is noted as earlier versions noted it: they may have answered it first', async () => {
    const call = uploadOf(token, [csvFile(`${CSV}${BOUNDARY},z,yes\n`), { name: 'name', value: 'noted' }]);
    await platform.call({ ...call, headers: { ...call.headers, 'idempotency-key': 'noted' } });
    const { id } = (await platform.call({ path: '/auth/me', token })).body;
    const sha256 = (text: string) => createHash('sha256').update(text, 'latin1').digest('hex');
    const body = Buffer.from(call.raw!).toString('latin1').replaceAll(BOUNDARY, '');
    expect(await platform.store.table.get(keys.idempotency(id, sha256('noted\n')))).toMatchObject({
      fingerprint: sha256(`POST /datasets/upload {}\n${body}\n`),
    });
  });

  test('for a secret is of its user alone', async () => {
    const call = (path: string, as: string | undefined, json: object, key?: string) =>
      platform.call({
        method: 'POST',
        path,
        ...(as === undefined ? {} : { token: as }),
        headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
        json,
      });
    const { token: invitation } = (await call('/account/invitations', token, { role: 'admin' })).body;
    const person = { username: 'grace', email: 'grace@example.com', password: 'correct horse', full_name: 'G' };
    await call('/auth/register', undefined, { ...person, invitation });
    const login = await call('/auth/login', undefined, { username: 'grace', password: 'correct horse' });
    const make = (as: string) => call('/account/api-keys', as, { name: 'ci', scope: 'read' }, 'ci-key');
    const [first, again, other] = [await make(token), await make(token), await make(login.body.access_token)];
    expect([first.status, other.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect(other.body.key).not.toBe(first.body.key);
  });

  test('is of its account alone, and must be a key', async () => {
    const stranger = await platform.login('mallory');
    expect((await start('three', {}, stranger)).status).toBe(404);
    for (const key of ['', 'with space', 'é', 'x'.repeat(256)]) {
      const answer = await start(key);
      expect(answer.body.details).toEqual([
        { field: 'idempotency-key', message: 'must be 1 to 255 visible ASCII characters' },
      ]);
    }
  });
});

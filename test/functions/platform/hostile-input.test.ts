/** Requests made to be answered with more than was sent: what they cost and what comes back is bounded. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BOUNDARY, csvFile, type Part, uploadOf } from './forms.ts';
import { openPlatform, type Platform } from './harness.ts';
import { ready, uploaded } from './records.ts';

describe('the platform', () => {
  let platform: Platform;
  let token: string;
  beforeAll(async () => {
    platform = await openPlatform({ uploadBytes: 32 * 1024 * 1024 });
    token = await platform.login();
  });
  afterAll(() => platform.close());

  const stopped = 'Invalid input data; checking stopped after 20 details, there may be more';

  test('lists twenty of the fields that it does not know', async () => {
    const json = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`name${i}`, 1]));
    const answer = await platform.call({ method: 'POST', path: '/auth/login', json });
    expect(answer.status).toBe(400);
    expect(answer.body.message).toBe(stopped);
    expect(answer.body.details).toHaveLength(20);
  });

  test('lists twenty of the hyperparameters that it does not know', async () => {
    const dataset = await ready(platform, await uploaded(platform, token));
    const hyperparameters = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`name${i}`, [1, 2]]));
    const json = { dataset_id: dataset.id, model_type: 'mlp', hyperparameters };
    const answer = await platform.call({ method: 'POST', path: '/training/start', token, json });
    expect(answer.status).toBe(400);
    expect(answer.body.message).toBe(stopped);
    expect(answer.body.details).toHaveLength(20);
  });

  test('lists twenty of the parameters of a query, and cuts a long one', async () => {
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`name${i}`, '1']));
    const twice = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`name${i}`, ['1', '2']]));
    for (const query of [many, twice]) {
      const answer = await platform.call({ path: '/datasets', token, query });
      expect([answer.status, answer.body.message, answer.body.details.length]).toEqual([400, stopped, 20]);
    }
    const long = await platform.call({ path: '/datasets', token, query: { [`${'n'.repeat(15_000)}`]: '1' } });
    expect(long.body.details[0].field).toMatch(/^n{300,400}…$/);
    const page = await platform.call({ path: '/datasets', token, query: { page: '9'.repeat(15_000) } });
    expect(page.body.details[0].message.length).toBeLessThan(200);
  });

  test('cuts a content type that it does not take', async () => {
    const headers = { 'content-type': `text/${'x'.repeat(8000)}` };
    const answer = await platform.call({ method: 'POST', path: '/auth/login', raw: '{}', headers });
    expect(answer.status).toBe(415);
    expect(answer.text.length).toBeLessThan(3000);
  });

  const text = (name: string, value = '1'): Part => ({ name, value });
  test.each<[string, readonly Part[]]>([
    ['parts', Array.from({ length: 20_000 }, (_, i) => text(`field${i}`))],
    ['parts of one name', Array.from({ length: 20_000 }, () => text('name'))],
    ['files', Array.from({ length: 5000 }, (_, i) => ({ ...csvFile('a'), name: `file${i}` }))],
    ['characters in a name', [text('n'.repeat(70_000)), csvFile('a,b\n1,2\n')]],
    ['characters in a value', [text('name', 'x'.repeat(1_000_000)), csvFile('a,b\n1,2\n')]],
  ])('answers a form of very many %s briefly', async (_, parts) => {
    const answer = await platform.call(uploadOf(token, parts));
    expect(answer.status).toBe(400);
    expect(answer.body.details.length).toBeGreaterThan(0);
  });

  test('answers a form with very many headers of a part briefly', async () => {
    const headers = Array.from({ length: 5000 }, (_, i) => `X-Header-${i}: 1\r\n`).join('');
    const bytes = Buffer.from(`--${BOUNDARY}\r\n${headers}\r\n1\r\n--${BOUNDARY}--\r\n`);
    expect((await platform.call(uploadOf(token, [], bytes))).status).toBe(400);
  });

  test('lists twenty of the columns of a CSV file whose names are wrong', async () => {
    const csv = `${Array.from({ length: 2000 }, () => '').join(',')}\n1\n`;
    const answer = await platform.call(uploadOf(token, [csvFile(csv), text('name')]));
    expect([answer.status, answer.body.message, answer.body.details.length]).toEqual([400, stopped, 20]);
  });
});

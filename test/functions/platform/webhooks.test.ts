import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newId } from '#domain/ids.ts';
import { keys } from '#domain/keys.ts';
import { LIMITS } from '#domain/limits.ts';
import { webhookMessage } from '#domain/messages.ts';
import { recordNotice } from '#domain/notices.ts';
import type { Json } from '#domain/ports/table/port.ts';
import { isoTime } from '#domain/times.ts';
import { cancelDelivery, createDelivery, newDelivery } from '#domain/webhooks/deliveries.ts';
import { getWebhook } from '#domain/webhooks/read.ts';
import { newSecret, secretBytes, unsealSecret } from '#domain/webhooks/secret.ts';
import { type Answer, type Call, openPlatform, type Platform } from './harness.ts';

const HOOK = { url: 'https://example.com/hook', events: ['training.*'] };
const NOBODY = '019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55';

let platform: Platform;
let token: string;
let accountId: string;
let people = 0;
beforeAll(async () => {
  platform = await openPlatform({ rates: { anonymousPerHour: 10_000 } });
});
afterAll(() => platform.close());
beforeEach(async () => {
  token = await platform.login(`person${++people}`);
  accountId = (await platform.call({ path: '/auth/me', token })).body.id;
});

const send = (method: string, path: string, json?: unknown, more: Partial<Call> = {}): Promise<Answer> =>
  platform.call({ method, path, token, ...(json === undefined ? {} : { json }), ...more });
const create = (given: object = {}, more: Partial<Call> = {}) => send('POST', '/webhooks', { ...HOOK, ...given }, more);

/** The messages of the queue, which is emptied. */
async function messages() {
  const queue = platform.store.queues.webhooks;
  const received = await queue.receive({ max: 10 });
  for (const { receipt } of received) await queue.acknowledge(receipt);
  return received.map(({ body }) => webhookMessage.parse(JSON.parse(body)));
}

/** A delivery as an event makes it. */
async function aDelivery(webhookId: string, body: object = {}) {
  const now = platform.clock.now;
  const detail = { ...body, event_id: newId(now), occurred_at: isoTime(now) };
  const created = newDelivery({ account_id: accountId, id: webhookId }, { type: 'training.completed', detail }, now);
  await createDelivery(platform.store.table, created, now);
  return created;
}

describe('a webhook', () => {
  test('is created with a secret that is shown this once, and stored encrypted', async () => {
    const { status, body } = await create({ filter: 'val_accuracy < 0.9', description: 'CI' });
    const { id, secret, ...rest } = body;
    expect(status).toBe(201);
    expect(secretBytes(secret)).toHaveLength(32);
    const at = isoTime(platform.clock.now);
    expect(rest).toEqual({
      ...HOOK,
      filter: 'val_accuracy < 0.9',
      description: 'CI',
      enabled: true,
      state: 'active',
      state_reason: null,
      failing_since: null,
      created_at: at,
      updated_at: at,
    });
    expect((await send('GET', `/webhooks/${id}`)).body).toEqual({ id, ...rest });
    expect((await send('GET', '/webhooks')).body).toEqual({ total: 1, webhooks: [{ id, ...rest }] });
    const stored = await platform.store.table.get(keys.webhook(accountId, id));
    expect(JSON.stringify(stored)).not.toContain(secret.slice(6));
    expect(platform.logged.join('')).not.toContain(secret.slice(6));
    const record = await getWebhook(platform.store.table, accountId, id);
    expect(await unsealSecret(platform.store.keys, record, record.secrets[0]!.sealed)).toEqual(secretBytes(secret));
  });

  test('takes a secret of the caller’s own', async () => {
    const secret = newSecret();
    expect((await create({ secret })).body.secret).toBe(secret);
  });

  test('is created once for an Idempotency-Key, whose stored response does not show the secret', async () => {
    const headers = { 'Idempotency-Key': `key-${people}` };
    const first = await create({}, { headers });
    const again = await create({}, { headers });
    expect(again.body).toEqual(first.body);
    expect((await send('GET', '/webhooks')).body.total).toBe(1);
    const { items } = await platform.store.table.query({ partition: `ACCOUNT#${accountId}`, limit: 100 });
    expect(items.some(({ sk }) => sk.startsWith('IDEMPOTENCY#'))).toBe(true);
    expect(JSON.stringify(items)).not.toContain(first.body.secret.slice(6));
  });

  test.each<[string, string, object]>([
    ['url', 'must be https; got http', { url: 'http://example.com/' }],
    ['url', 'must not lead to this machine', { url: 'https://127.0.0.1/' }],
    ['url', 'must have a port from 1 to 65535; got 0', { url: 'https://example.com:0/' }],
    [
      'url',
      'must lead to a public address; got one of another kind: ipv4Mapped',
      { url: 'https://[::ffff:169.254.169.254]/' },
    ],
    ['url', 'must lead to a public address; got one of another kind: linkLocal', { url: 'https://2852039166/' }],
    ['url', 'must be a URL without spaces and control characters', { url: 'https://example.com/\r\nx: y' }],
    ['url', 'must have between 1 and 2048 characters; got 2068', { url: `https://example.com/${'x'.repeat(2048)}` }],
    ['events', 'must have between 1 and 20 items; got 0', { events: [] }],
    ['events[0]', 'must be *, one of training.started', { events: ['training'] }],
    ['events', 'must have between 1 and 20 items; got 21', { events: Array.from({ length: 21 }, () => '*') }],
    ['filter', 'at character 15: must be a number or a quoted text; got the end', { filter: 'val_accuracy <' }],
    ['filter', 'at character 1', { filter: `${'('.repeat(400)}a` }],
    ['secret', 'must be whsec_ and standard Base64 with padding', { secret: 'whsec_short' }],
    ['description', 'must have at most 500 characters; got 501', { description: 'x'.repeat(501) }],
    ['account_id', 'is not a known field', { account_id: NOBODY }],
    ['enabled', 'is not a known field', { enabled: false }],
  ])('is refused for its %s, which %s', async (field, message, given) => {
    const { status, body } = await create(given);
    expect(status).toBe(400);
    expect(body.details).toEqual([{ field, message: expect.stringContaining(message) }]);
    expect((await send('GET', '/webhooks')).body.total).toBe(0);
  });

  test('is one of as many as the installation allows', async () => {
    const small = await openPlatform({ webhooks: 1 });
    try {
      const owner = await small.login('ada');
      const post = () => small.call({ method: 'POST', path: '/webhooks', token: owner, json: HOOK });
      expect([(await post()).status, (await post()).status]).toEqual([201, 409]);
    } finally {
      await small.close();
    }
  });

  test('is one of at most twenty, also for concurrent requests', async () => {
    const answers = await Promise.all(Array.from({ length: LIMITS.webhooks.count + 2 }, () => create()));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(LIMITS.webhooks.count);
    const [refused] = answers.filter(({ status }) => status !== 201);
    expect(refused).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('at most 20 webhooks; got 21') },
    });
    const [first] = (await send('GET', '/webhooks')).body.webhooks;
    expect((await send('DELETE', `/webhooks/${first.id}`)).status).toBe(204);
    expect((await send('DELETE', `/webhooks/${first.id}`)).status).toBe(404);
    expect((await create()).status).toBe(201);
    expect((await create()).status).toBe(409);
  });

  test('is changed in what is given, and disabled and enabled', async () => {
    const { id } = (await create({ filter: 'a < 1' })).body;
    platform.clock.now += 1000;
    const patch = async (json: object) => (await send('PATCH', `/webhooks/${id}`, json)).body;
    expect(await patch({ events: ['*'] })).toMatchObject({ events: ['*'], filter: 'a < 1', url: HOOK.url });
    expect(await patch({ filter: null, description: 'x' })).toMatchObject({ filter: null, description: 'x' });
    expect(await patch({ enabled: false })).toMatchObject({
      enabled: false,
      state: 'disabled',
      state_reason: 'disabled by its owner',
    });
    expect(await patch({ enabled: true })).toMatchObject({ enabled: true, state: 'active', state_reason: null });
    expect(await patch({})).toMatchObject({ events: ['*'], description: 'x' });
    expect((await send('PATCH', `/webhooks/${id}`, { url: 'https://10.0.0.1/' })).status).toBe(400);
    expect((await send('PATCH', `/webhooks/${id}`, { secret: newSecret() })).status).toBe(400);
  });

  test.each<[string, Json | undefined]>([
    ['is encrypted by another key', undefined],
    ['is damaged', 'nonsense'],
    ['is gone', []],
  ])(
    'whose secret %s is listed with a state that says so, beside the others, and healed by a rotation',
    async (_, stored) => {
      const broken = (await create()).body.id;
      platform.clock.now += 1;
      await create();
      const key = keys.webhook(accountId, broken);
      const sealed = { data_key: 'AAAA', ciphertext: 'A'.repeat(60) };
      await platform.store.table.update(key, { set: { secrets: stored ?? [{ sealed, created_at: isoTime(0) }] } });
      const { total, webhooks } = (await send('GET', '/webhooks')).body;
      expect(total).toBe(2);
      expect(webhooks.map(({ state }: { state: string }) => state)).toEqual(['secret_unreadable', 'active']);
      expect(webhooks[0]).toMatchObject({ id: broken, state_reason: expect.stringContaining('rotate it') });
      await send('POST', `/webhooks/${broken}/rotate-secret`, {});
      expect((await send('GET', `/webhooks/${broken}`)).body.state).toBe('active');
    },
  );

  test('gets a new secret, and says how long the old one signs beside it', async () => {
    const { id, secret: old } = (await create()).body;
    const rotate = (json?: object) => send('POST', `/webhooks/${id}/rotate-secret`, json);
    const { status, body } = await rotate({ overlap_seconds: 3600 });
    expect(status).toBe(200);
    expect(body.secret).not.toBe(old);
    expect(body.previous_secret_expires_at).toBe(isoTime(platform.clock.now + 3_600_000));
    for (let i = 0; i < 3; i++) expect((await rotate({})).status).toBe(200);
    expect(await rotate({})).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('At most 5 secrets') },
    });
    // The leaked ones end at once.
    expect((await rotate({ overlap_seconds: 0 })).status).toBe(200);
    expect((await getWebhook(platform.store.table, accountId, id)).secrets).toHaveLength(1);
    expect((await rotate()).body.secret).toMatch(/^whsec_/);
    expect((await rotate({ overlap_seconds: 604_801 })).status).toBe(400);
    expect((await rotate({ secret: 'whsec_' })).status).toBe(400);
  });

  test('of another account does not exist', async () => {
    const { id } = (await create()).body;
    const delivery = await aDelivery(id);
    const other = await platform.login(`stranger${people}`);
    const range = { from: isoTime(0) };
    const attempts: [string, string, unknown?][] = [
      ['GET', ''],
      ['PATCH', '', { enabled: false }],
      ['DELETE', ''],
      ['POST', '/test'],
      ['POST', '/rotate-secret', {}],
      ['GET', '/deliveries'],
      ['POST', `/deliveries/${delivery.event_id}/redeliver`],
      ['POST', '/replay', range],
    ];
    for (const [method, path, json] of attempts) {
      const found = await send(method, `/webhooks/${id}${path}`, json, { token: other });
      expect([method, path, found.status]).toEqual([method, path, 404]);
    }
    expect((await send('GET', '/webhooks', undefined, { token: other })).body.total).toBe(0);
    expect((await send('GET', `/webhooks/${id}`)).body.enabled).toBe(true);
    expect(await messages()).toEqual([]);
  });

  test('needs a token', async () => {
    for (const [method, path] of [
      ['GET', '/webhooks'],
      ['POST', '/webhooks'],
      ['GET', '/account/notices'],
    ] as const) {
      expect((await platform.call({ method, path, ...(method === 'POST' ? { json: HOOK } : {}) })).status).toBe(401);
    }
  });
});

describe('deliveries', () => {
  test('are listed with what was sent, those of the newest events first, page by page', async () => {
    const { id } = (await create()).body;
    const other = (await create()).body.id;
    await aDelivery(other);
    const events: string[] = [];
    for (let i = 0; i < 5; i++) {
      platform.clock.now += 1;
      events.unshift((await aDelivery(id, { job_id: `j${i}` })).event_id);
    }
    const list = (query: Record<string, string>) => platform.call({ path: `/webhooks/${id}/deliveries`, token, query });
    const first = (await list({ limit: '3' })).body;
    expect(first.deliveries.map((one: { id: string }) => one.id)).toEqual(events.slice(0, 3));
    expect(first.deliveries[0]).toMatchObject({
      event: 'training.completed',
      status: 'pending',
      attempt: 0,
      next_attempt_at: isoTime(platform.clock.now),
      payload: { type: 'training.completed', event: 'training.completed', data: { job_id: 'j4' } },
      attempts: [],
    });
    platform.calls.length = 0;
    const second = (await list({ limit: '3', cursor: first.next_cursor })).body;
    expect(second.deliveries.map((one: { id: string }) => one.id)).toEqual(events.slice(3));
    expect(platform.calls.filter((call) => /^(get|query)/.test(call))).toHaveLength(3);
    for (const cursor of ['x', first.next_cursor.slice(2)]) expect((await list({ cursor })).status).toBe(400);
    expect((await list({ limit: '101' })).status).toBe(400);
    const elsewhere = { path: `/webhooks/${other}/deliveries`, token, query: { cursor: first.next_cursor } };
    expect((await platform.call(elsewhere)).status).toBe(400);
  });

  test('are found by their status, in pages that end where there are no more', async () => {
    const { id } = (await create()).body;
    const { table } = platform.store;
    const cancelled: string[] = [];
    for (let i = 0; i < 9; i++) {
      platform.clock.now += 1;
      const one = await aDelivery(id, { job_id: `j${i}` });
      if (i % 4 !== 0) continue;
      await cancelDelivery(table, one);
      cancelled.unshift(one.event_id);
    }
    const list = (query: Record<string, string>) => platform.call({ path: `/webhooks/${id}/deliveries`, token, query });
    const idsOf = ({ body }: Awaited<ReturnType<typeof list>>) => body.deliveries.map((one: { id: string }) => one.id);
    expect(idsOf(await list({ status: 'cancelled' }))).toEqual(cancelled);
    const first = await list({ status: 'cancelled', limit: '2' });
    expect(idsOf(first)).toEqual(cancelled.slice(0, 2));
    const second = await list({ status: 'cancelled', limit: '2', cursor: first.body.next_cursor });
    expect([idsOf(second), second.body.next_cursor]).toEqual([cancelled.slice(2), null]);
    expect(idsOf(await list({ status: 'pending' }))).toHaveLength(6);
    expect(idsOf(await list({ status: 'failed' }))).toEqual([]);
    expect((await list({ status: 'lost' })).status).toBe(400);

    // However many there are, one page reads a bounded number of them.
    const many = Array.from({ length: 60 }, () => aDelivery(id, { job_id: 'many' }));
    await Promise.all(many);
    platform.calls.length = 0;
    const none = await list({ status: 'failed', limit: '1' });
    expect([idsOf(none), none.body.next_cursor]).toEqual([[], expect.any(String)]);
    expect(platform.calls.filter((call) => call.startsWith('query'))).toHaveLength(20);
  });

  test('of a test are sent once, whatever the events and the filter', async () => {
    const { id } = (await create({ filter: 'a < 1' })).body;
    const { status, body } = await send('POST', `/webhooks/${id}/test`);
    expect(status).toBe(202);
    expect(await messages()).toEqual([
      { kind: 'deliver', account_id: accountId, webhook_id: id, event_id: body.delivery_id, attempt: 1 },
    ]);
    const [delivery] = (await send('GET', `/webhooks/${id}/deliveries`)).body.deliveries;
    expect(delivery).toMatchObject({
      id: body.delivery_id,
      event: 'webhook.test',
      payload: { data: { webhook_id: id } },
    });
    await send('PATCH', `/webhooks/${id}`, { enabled: false });
    expect((await send('POST', `/webhooks/${id}/test`)).status).toBe(409);
  });

  test('are made again only once they have ended, and while the webhook is enabled', async () => {
    const { id } = (await create()).body;
    const { event_id } = await aDelivery(id);
    const redeliver = (of: string) => send('POST', `/webhooks/${id}/deliveries/${of}/redeliver`);
    expect(await redeliver(event_id)).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('pending') },
    });
    const key = keys.delivery(accountId, id, event_id);
    await platform.store.table.update(key, {
      set: { status: 'failed', attempt: 10, tries: 10 },
      remove: ['ipk', 'isk'],
    });
    expect(await redeliver(event_id)).toMatchObject({
      status: 202,
      body: { id: event_id, status: 'pending', attempt: 10 },
    });
    expect(await messages()).toMatchObject([{ kind: 'deliver', event_id, attempt: 11 }]);
    expect((await redeliver(NOBODY)).status).toBe(404);
    await send('PATCH', `/webhooks/${id}`, { enabled: false });
    expect((await redeliver(event_id)).status).toBe(409);
  });

  test('of a range are made again in the background', async () => {
    const { id } = (await create()).body;
    const replay = (json: object) => send('POST', `/webhooks/${id}/replay`, json);
    const now = isoTime(platform.clock.now);
    expect(await replay({ from: '2025-12-31T00:00:00Z' })).toMatchObject({
      status: 202,
      body: { webhook_id: id, from: '2025-12-31T00:00:00.000Z', to: now },
    });
    expect(await messages()).toEqual([
      { kind: 'replay', account_id: accountId, webhook_id: id, from: '2025-12-31T00:00:00.000Z', to: now },
    ]);
    for (const range of [{}, { from: 'yesterday' }, { from: now, to: '2025-12-31T00:00:00Z' }]) {
      expect((await replay(range)).status).toBe(400);
    }
    await send('PATCH', `/webhooks/${id}`, { enabled: false });
    expect((await replay({ from: now })).status).toBe(409);
  });
});

test('each request makes so many calls to the table, beside those that admit the caller', async () => {
  const { id } = (await create()).body;
  for (let i = 0; i < 3; i++) await create();
  const { event_id } = await aDelivery(id);
  const key = keys.delivery(accountId, id, event_id);
  await platform.store.table.update(key, { set: { status: 'failed' }, remove: ['ipk', 'isk'] });
  const counts: Record<string, string[]> = {};
  const count = async (name: string, request: () => Promise<Answer>) => {
    platform.calls.length = 0;
    expect((await request()).status).toBeLessThan(300);
    const own = platform.calls.map((call) => call.split(' ')[0]!);
    counts[name] = own.slice(Math.max(own.indexOf('get'), own.indexOf('increment')) + 1);
  };
  await count('create', () => create());
  await count('list', () => send('GET', '/webhooks'));
  await count('read', () => send('GET', `/webhooks/${id}`));
  await count('update', () => send('PATCH', `/webhooks/${id}`, { description: 'x' }));
  await count('test', () => send('POST', `/webhooks/${id}/test`));
  await count('rotate', () => send('POST', `/webhooks/${id}/rotate-secret`, {}));
  await count('deliveries', () => send('GET', `/webhooks/${id}/deliveries`));
  await count('redeliver', () => send('POST', `/webhooks/${id}/deliveries/${event_id}/redeliver`));
  await count('replay', () => send('POST', `/webhooks/${id}/replay`, { from: isoTime(0) }));
  await count('delete', () => send('DELETE', `/webhooks/${id}`));
  await count('notices', () => send('GET', '/account/notices'));
  expect(counts).toEqual({
    create: ['transact'],
    list: ['query'],
    read: ['get'],
    update: ['get', 'update'],
    test: ['get', 'put'],
    rotate: ['get', 'update'],
    deliveries: ['get', 'query'],
    redeliver: ['get', 'get', 'update'],
    replay: ['get'],
    delete: ['transact'],
    notices: ['query'],
  });
});

test('notices are listed, newest first', async () => {
  const list = async (query = {}) => (await platform.call({ path: '/account/notices', token, query })).body.notices;
  expect(await list()).toEqual([]);
  for (const message of ['first', 'second']) {
    platform.clock.now += 1;
    const about = { type: 'webhook.disabled', message, subject_id: NOBODY } as const;
    await platform.store.table.transact([recordNotice(accountId, about, platform.clock.now)]);
  }
  const at = isoTime(platform.clock.now);
  const newest = {
    id: expect.any(String),
    type: 'webhook.disabled',
    message: 'second',
    subject_id: NOBODY,
    created_at: at,
  };
  expect(await list({ limit: '1' })).toEqual([newest]);
  expect(await list()).toMatchObject([newest, { message: 'first' }]);
});

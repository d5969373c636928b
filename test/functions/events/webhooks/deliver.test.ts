import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Webhook as Verifier } from 'standardwebhooks';
import { domainEvent } from '#domain/events/event.ts';
import { listNotices } from '#domain/notices.ts';
import { isoTime } from '#domain/times.ts';
import { changeWebhook, deleteWebhook, rotateSecret } from '#domain/webhooks/change.ts';
import { claimDelivery, messageOf, settleDelivery } from '#domain/webhooks/deliveries.ts';
import { newSecret, sealSecret } from '#domain/webhooks/secret.ts';
import { makePost } from '#outgoing/post.ts';
import { replacing } from '../world.ts';
import { Receiver, status } from './receiver.ts';
import { DAY, HOUR, MINUTE, openWebhookWorld, SECOND, type WebhookWorld } from './world.ts';

let world: WebhookWorld;
let receiver: Receiver;
beforeEach(async () => {
  world = await openWebhookWorld();
  receiver = await new Receiver().start();
});
afterEach(async () => {
  await receiver.stop();
  await world.close();
});

const notices = () => listNotices(world.adapters.table, world.accountId, 10);

/** Throws unless the request's signature is right. */
const verify = (secret: string, index = 0) => {
  const { headers, body } = receiver.received[index]!;
  return new Verifier(secret).verify(body, headers as Record<string, string>);
};

describe('an event', () => {
  test('is posted to the webhook that wants it, with a signature that a library of Standard Webhooks accepts', async () => {
    const { id, secret } = await world.subscribe(receiver.url);
    const event = await world.happen('training.completed', { job_id: 'j', model_id: 'm', accuracy: 0.912 });
    await world.work();
    expect(receiver.received).toHaveLength(1);
    const payload = {
      type: 'training.completed',
      event: 'training.completed',
      timestamp: isoTime(world.clock.now),
      data: { job_id: 'j', model_id: 'm', accuracy: 0.912, event_id: event },
    };
    expect(verify(secret)).toEqual(payload);
    expect(() => verify(newSecret())).toThrow();
    expect(receiver.received[0]).toMatchObject({
      method: 'POST',
      path: '/hook',
      headers: { 'content-type': 'application/json', 'webhook-id': event },
    });
    expect(await world.delivery(id, event)).toMatchObject({ status: 'delivered', attempt: 1 });
  });

  test('is logged with request, response and attempt', async () => {
    const { id } = await world.subscribe(receiver.url);
    receiver.next = [status(202, { 'x-a': 'b', 'set-cookie': 'session=1' }, `${'é'.repeat(400)}${'x'.repeat(5000)}`)];
    const event = await world.happen();
    await world.work();
    const { attempts } = await world.delivery(id, event);
    const [{ headers }] = receiver.received as [(typeof receiver.received)[0]];
    expect(attempts).toEqual([
      {
        number: 1,
        at: isoTime(world.clock.now),
        latency_ms: 0,
        request: {
          url: receiver.url,
          headers: {
            'content-type': 'application/json',
            'user-agent': 'Trainyard-Webhooks/1',
            'webhook-id': event,
            'webhook-timestamp': headers['webhook-timestamp'],
            'webhook-signature': headers['webhook-signature'],
          },
        },
        response: {
          status: 202,
          headers: expect.objectContaining({ 'x-a': 'b' }),
          body: `${'é'.repeat(400)}${'x'.repeat(224)}`,
        },
      },
    ]);
    expect(attempts[0]!.response!.headers).not.toHaveProperty('set-cookie');
  });

  test('is logged whatever the receiver answers, in bounded space', async () => {
    const { id } = await world.subscribe(receiver.url);
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`x-${i}`, 'é'.repeat(100)]));
    const nonsense = Buffer.alloc(5000, 0xff).toString('latin1');
    receiver.otherwise = (_, response) => void response.writeHead(500, many).end(Buffer.from(nonsense, 'latin1'));
    const event = await world.happen('dataset.failed', { error: 'x'.repeat(200_000) });
    await world.pass(4 * DAY);
    const { attempts, status: outcome } = await world.delivery(id, event);
    expect([outcome, attempts.length]).toEqual(['failed', 10]);
    const { headers, body } = attempts[0]!.response!;
    expect(JSON.stringify(headers).length).toBeLessThan(2500);
    expect(body).toBe('\ufffd'.repeat(1024));
  });

  test('that comes twice is posted once to each webhook', async () => {
    const ids = [await world.subscribe(receiver.url), await world.subscribe(receiver.url)].map(({ id }) => id);
    const event = domainEvent('dataset.processed', world.accountId, isoTime(world.clock.now), {});
    await Promise.all([world.publish(event), world.publish(event)]);
    await world.work();
    await world.publish(event);
    await world.work();
    expect(receiver.received).toHaveLength(2);
    for (const id of ids) expect(await world.deliveries(id)).toHaveLength(1);
  });

  test('is posted only to webhooks whose pattern and filter mean it, and to none that is disabled', async () => {
    const wanted = { events: ['training.*', 'model.created'], filter: 'val_accuracy < 0.9 and model_name = "churn"' };
    const { id } = await world.subscribe(receiver.url, wanted);
    const off = await world.subscribe(receiver.url, { enabled: false });
    const metrics = { val_accuracy: 0.8 };
    await world.happen('training.completed', { metrics, model_name: 'churn' });
    await world.happen('training.completed', { metrics: { val_accuracy: 0.95 }, model_name: 'churn' });
    await world.happen('training.completed', { metrics, model_name: 'other' });
    await world.happen('training.failed', { model_name: 'churn' });
    await world.happen('dataset.processed', { metrics, model_name: 'churn' });
    await world.work();
    expect(receiver.received.map(({ body }) => JSON.parse(body).data)).toMatchObject([
      { metrics, model_name: 'churn' },
    ]);
    expect([(await world.deliveries(id)).length, (await world.deliveries(off.id)).length]).toEqual([1, 0]);
  });

  test('of an account without webhooks leaves nothing behind', async () => {
    await world.happen();
    const { items } = await world.adapters.table.query({ partition: `ACCOUNT#${world.accountId}#EVENTS`, limit: 1 });
    expect(items).toEqual([]);
    expect(await world.work()).toBe(0);
  });
});

describe('a receiver that fails', () => {
  test('with 500 nine times and then answers 200 gets the event at the tenth try, with the same id, within about three days', async () => {
    const { id, secret } = await world.subscribe(receiver.url);
    receiver.next = Array.from({ length: 9 }, () => status(500));
    const began = world.clock.now;
    const event = await world.happen();
    await world.pass(9 * 60 * MINUTE);
    expect(receiver.received).toHaveLength(6);
    await world.pass(4 * DAY);
    expect(receiver.received).toHaveLength(10);
    expect(new Set(receiver.each('webhook-id'))).toEqual(new Set([event]));
    const times = receiver.each('webhook-timestamp').map(Number);
    expect(new Set(times).size).toBe(10);
    const days = (times.at(-1)! * 1000 - began) / DAY;
    expect(days).toBeGreaterThan(2.5);
    expect(days).toBeLessThan(3.7);
    const delays = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
    const late = delays.map((delay, i) => times[i + 1]! - times[i]! - delay);
    for (const seconds of late) expect([seconds >= 0, seconds < 60]).toEqual([true, true]);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    expect(new Set(receiver.each('webhook-signature')).size).toBe(10);
    // The time of the first try is still fresh enough for a receiver.
    expect(verify(secret)).toMatchObject({ type: 'training.completed' });
    expect(await world.delivery(id, event)).toMatchObject({ status: 'delivered', attempt: 10 });
    expect(await world.webhook(id)).not.toHaveProperty('failing_since');
    expect(await notices()).toEqual([]);
  });

  test('at all ten tries does not get the event, whose delivery has failed', async () => {
    const { id } = await world.subscribe(receiver.url);
    receiver.otherwise = status(503);
    const event = await world.happen();
    await world.pass(4 * DAY);
    expect(receiver.received).toHaveLength(10);
    const failed = await world.delivery(id, event);
    expect(failed).toMatchObject({ status: 'failed', attempt: 10 });
    expect(failed).not.toHaveProperty('due_at');
    expect(failed.attempts.map(({ error }) => error)).toEqual(Array.from({ length: 10 }, () => 'the response was 503'));
    expect(await world.webhook(id)).toMatchObject({ enabled: true });
  });

  test('is not tried again before the time of its Retry-After', async () => {
    const { id } = await world.subscribe(receiver.url);
    receiver.next = [
      status(429, { 'retry-after': '7200' }),
      status(503, { 'retry-after': new Date(world.clock.now + 5 * HOUR).toUTCString() }),
    ];
    const event = await world.happen();
    await world.work();
    const { due_at } = await world.delivery(id, event);
    expect(Date.parse(due_at!) - world.clock.now).toBe(2 * HOUR);
    await world.pass(2 * HOUR - MINUTE);
    expect(receiver.received).toHaveLength(1);
    await world.pass(2 * MINUTE);
    expect(receiver.received).toHaveLength(2);
    await world.pass(2 * HOUR + 50 * MINUTE);
    expect(receiver.received).toHaveLength(2);
    await world.pass(15 * MINUTE);
    expect(receiver.received).toHaveLength(3);
  });

  test('does not hold up what comes after: a late retry arrives behind it, with its sequence', async () => {
    await world.subscribe(receiver.url);
    receiver.next = [status(500)];
    await world.happen('training.started', { job_id: 'j', sequence: 1 });
    await world.work();
    await world.happen('training.completed', { job_id: 'j', sequence: 12 });
    await world.pass(MINUTE);
    const sequences = receiver.received.map(({ body }) => JSON.parse(body).data.sequence);
    expect(sequences).toEqual([1, 12, 1]);
  });

  test('by redirecting is not followed, and fails', async () => {
    const elsewhere = await new Receiver().start();
    const { id } = await world.subscribe(receiver.url);
    receiver.next = [status(307, { location: elsewhere.url })];
    const event = await world.happen();
    await world.work();
    const [attempt] = (await world.delivery(id, event)).attempts;
    expect(attempt).toMatchObject({
      response: { status: 307, headers: { location: elsewhere.url } },
      error: 'the response was 307: redirects are not followed',
    });
    expect(elsewhere.received).toEqual([]);
    await elsewhere.stop();
  });

  test('by closing the connection, or by not being there, is tried again', async () => {
    const { id } = await world.subscribe(receiver.url);
    receiver.next = [(request) => void request.socket.destroy()];
    const event = await world.happen();
    await world.work();
    await receiver.stop();
    await world.pass(10 * MINUTE);
    await receiver.start();
    await world.pass(HOUR);
    const { attempts, status: outcome } = await world.delivery(id, event);
    expect(attempts.map(({ error }) => error)).toEqual([
      'the connection was closed without a response',
      'the connection was refused',
      'the connection was refused',
      undefined,
    ]);
    expect(outcome).toBe('delivered');
  });

  test('with 410 gets nothing more, and the account a notice', async () => {
    const { id } = await world.subscribe(receiver.url);
    receiver.otherwise = status(410);
    const events = [await world.happen(), await world.happen()];
    await world.work();
    expect(await world.webhook(id)).toMatchObject({ enabled: false, disabled_reason: 'gone' });
    const statuses = await Promise.all(events.map(async (event) => (await world.delivery(id, event)).status));
    expect(statuses.sort()).toEqual(['cancelled', 'failed']);
    await world.happen();
    await world.pass(4 * DAY);
    expect(receiver.received).toHaveLength(1);
    expect(await notices()).toMatchObject([
      { type: 'webhook.disabled', subject_id: id, message: expect.stringContaining('410') },
    ]);
    expect((await notices())[0]!.message).not.toContain('/hook');
  });

  test('for five days without a single success is disabled, with a notice', async () => {
    const { id } = await world.subscribe(receiver.url);
    receiver.otherwise = status(500);
    for (let day = 0; day < 5; day++) {
      await world.happen();
      await world.pass(DAY - HOUR);
      expect(await world.webhook(id)).toMatchObject({ enabled: true });
    }
    await world.happen();
    await world.pass(DAY);
    expect(await world.webhook(id)).toMatchObject({ enabled: false, disabled_reason: 'failing' });
    expect(await notices()).toMatchObject([{ type: 'webhook.disabled', message: expect.stringContaining('5 days') }]);
  });

  test('now and then is not disabled', async () => {
    const { id } = await world.subscribe(receiver.url);
    for (let day = 0; day < 8; day++) {
      receiver.next = [status(500), status(500)];
      await world.happen();
      await world.pass(DAY);
    }
    expect(await world.webhook(id)).toMatchObject({ enabled: true });
    expect(await notices()).toEqual([]);
  });
});

describe('a receiver that is slow', () => {
  test.each<[string, Receiver['otherwise']]>([
    ['and never answers', () => undefined],
    ['and sends its header without end', (_, response) => void response.socket!.write('HTTP/1.1 200 OK\r\nx: ')],
  ])('%s is cut after the time limit', async (_, answer) => {
    await world.close();
    const post = makePost({ rules: { loopback: true }, timeoutMs: 50, responseBytes: 1024 });
    world = await openWebhookWorld({ post });
    receiver.otherwise = answer;
    const { id } = await world.subscribe(receiver.url);
    const event = await world.happen();
    await world.work();
    const { attempts } = await world.delivery(id, event);
    expect(attempts.map(({ error }) => error)).toEqual(['no response within 0.05 s']);
  });

  test('with the body of its answer is not waited for: the answer was 200', async () => {
    await world.close();
    const post = makePost({ rules: { loopback: true }, timeoutMs: 50, responseBytes: 1024 });
    world = await openWebhookWorld({ post });
    receiver.otherwise = (_, response) => void response.writeHead(200).write('begun');
    const { id } = await world.subscribe(receiver.url);
    const event = await world.happen();
    await world.work();
    const { attempts, status: outcome } = await world.delivery(id, event);
    expect([outcome, attempts[0]!.response!.body]).toEqual(['delivered', 'begun']);
  });
});

describe('nothing is lost', () => {
  test('when the message is, or cannot be sent: the schedule sends another', async () => {
    const { id } = await world.subscribe(receiver.url);
    const event = await world.happen();
    expect(await world.sent('webhooks')).toHaveLength(1);
    await world.pass(30 * SECOND);
    expect(receiver.received).toHaveLength(0);
    await world.pass(2 * MINUTE);
    expect(receiver.each('webhook-id')).toEqual([event]);
    expect(await world.delivery(id, event)).toMatchObject({ status: 'delivered' });
  });

  test('when the process dies between the post and its record: the event is posted again, with the same id', async () => {
    await world.close();
    let crashes = 1;
    world = await openWebhookWorld({}, (adapters) => ({
      ...adapters,
      table: replacing(adapters.table, {
        update: async (key, change, condition) => {
          if (change.set?.attempts !== undefined && crashes-- > 0) throw new Error('killed');
          return adapters.table.update(key, change, condition);
        },
      }),
    }));
    const { id } = await world.subscribe(receiver.url);
    const event = await world.happen();
    await world.work();
    expect(await world.delivery(id, event)).toMatchObject({ status: 'pending', attempt: 0 });
    await world.pass(5 * MINUTE);
    expect(receiver.each('webhook-id')).toEqual([event, event]);
    expect(await world.delivery(id, event)).toMatchObject({ status: 'delivered', attempt: 1 });
  });

  test('when the receiver is down for a day', async () => {
    await world.subscribe(receiver.url);
    await receiver.stop();
    const events = [];
    for (let hour = 0; hour < 24; hour += 6) {
      events.push(await world.happen());
      await world.pass(6 * HOUR);
    }
    await receiver.start();
    await world.pass(DAY);
    expect([...receiver.each('webhook-id')].sort()).toEqual(events.sort());
  });

  test('and nothing is posted twice at the same time, however often the message comes', async () => {
    await world.subscribe(receiver.url);
    const event = await world.happen();
    const [message] = await world.sent('webhooks');
    await Promise.all([1, 2, 3].map(() => world.handle([message])));
    await world.handle([message]);
    expect(receiver.each('webhook-id')).toEqual([event]);
  });

  test('but a message that is out of date, or a schedule that runs again at once, causes no attempt', async () => {
    const { id } = await world.subscribe(receiver.url);
    receiver.next = [status(500), status(500)];
    const event = await world.happen();
    const [first] = await world.sent('webhooks');
    const before = await world.delivery(id, event);
    await world.handle([first]);
    await world.handle([first]);
    expect(receiver.received).toHaveLength(1);
    expect(await claimDelivery(world.adapters.table, before, world.clock.now)).toBeUndefined();
    world.clock.now += 10 * SECOND;
    await world.work();
    expect(receiver.received).toHaveLength(2);
    // The message of the third try is lost.
    world.clock.now += HOUR;
    await world.sent('webhooks');
    await world.due();
    await world.due();
    expect(await world.sent('webhooks')).toHaveLength(1);
  });

  test('while one attempt is in progress, no other begins; one that has taken too long records nothing', async () => {
    const { id } = await world.subscribe(receiver.url);
    const event = await world.happen();
    const pending = await world.delivery(id, event);
    const { table } = world.adapters;
    const slow = (await claimDelivery(table, pending, world.clock.now))!;
    await world.handle([messageOf(pending)]);
    expect(receiver.received).toEqual([]);
    world.clock.now += 2 * MINUTE;
    await world.handle([messageOf(pending)]);
    const delivered = await world.delivery(id, event);
    expect(delivered).toMatchObject({ status: 'delivered', attempt: 1 });
    const made = { number: 1, at: isoTime(world.clock.now), latency_ms: 1, request: { url: '', headers: {} } };
    expect(await settleDelivery(table, slow, made, { retryInSeconds: 5 }, world.clock.now)).toBeUndefined();
    expect(await world.delivery(id, event)).toEqual(delivered);
  });
});

describe('a webhook', () => {
  test('whose secret was replaced signs with both until the old one expires', async () => {
    const { id, secret: old } = await world.subscribe(receiver.url);
    const secret = newSecret();
    const { table, keys } = world.adapters;
    const now = isoTime(world.clock.now);
    const expiresAt = isoTime(world.clock.now + HOUR);
    const before = await world.webhook(id);
    const sealed = await sealSecret(keys, before, secret);
    await rotateSecret(table, before, sealed, { now, expiresAt });
    // One of two calls at once: the other's secret would be lost.
    await expect(rotateSecret(table, before, sealed, { now, expiresAt })).rejects.toThrow('replaced just now');
    await world.happen();
    await world.work();
    expect(String(receiver.each('webhook-signature')[0]).split(' ')).toHaveLength(2);
    for (const each of [old, secret]) expect(verify(each)).toBeDefined();
    world.clock.now += HOUR;
    await world.happen();
    await world.work();
    expect(String(receiver.each('webhook-signature')[1]).split(' ')).toHaveLength(1);
  });

  test('whose secret cannot be read sends nothing unsigned, and does not hold up the others', async () => {
    const other = await world.subscribe(receiver.url);
    const { id } = await world.subscribe(receiver.url, {
      secrets: [{ sealed: { data_key: 'AAAA', ciphertext: 'A'.repeat(60) }, created_at: isoTime(world.clock.now) }],
    });
    const event = await world.happen();
    await world.work();
    expect(receiver.received).toHaveLength(1);
    expect(await world.delivery(other.id, event)).toMatchObject({ status: 'delivered' });
    const { attempts, status: outcome } = await world.delivery(id, event);
    expect(outcome).toBe('pending');
    expect(attempts[0]!.error).toContain('the secret cannot be read');
  });

  test('that is disabled or deleted in the meantime gets nothing more', async () => {
    const { table } = world.adapters;
    const off = await world.subscribe(receiver.url);
    const gone = await world.subscribe(receiver.url);
    const event = await world.happen();
    await changeWebhook(table, await world.webhook(off.id), { enabled: false }, isoTime(world.clock.now));
    await deleteWebhook(table, world.accountId, gone.id);
    await world.pass(4 * DAY);
    expect(receiver.received).toEqual([]);
    expect(await world.delivery(off.id, event)).toMatchObject({ status: 'cancelled' });
    expect(await world.deliveries(gone.id)).toEqual([]);
  });
});

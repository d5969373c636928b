import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isoTime } from '#domain/times.ts';
import { Receiver, status } from './receiver.ts';
import { DAY, HOUR, openWebhookWorld, type WebhookWorld } from './world.ts';

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

/** `from` and `to` in epoch milliseconds, both included. */
async function replay(webhookId: string, from: number, to = world.clock.now): Promise<void> {
  const range = { from: isoTime(from), to: isoTime(to) };
  await world.handle([{ kind: 'replay', account_id: world.accountId, webhook_id: webhookId, ...range }]);
  await world.work();
}

/** The ids of the events posted since the last call, sorted. */
const posted = (): unknown[] =>
  receiver.received
    .splice(0)
    .map(({ headers }) => headers['webhook-id'])
    .sort();

describe('a replay', () => {
  test('delivers again what happened in the range, both ends included, with the same ids', async () => {
    const { id } = await world.subscribe(receiver.url);
    const began = world.clock.now;
    const events: string[] = [];
    for (let hour = 0; hour < 5; hour++) {
      world.clock.now = began + hour * HOUR;
      events.push(await world.happen());
    }
    await world.work();
    expect(posted()).toEqual([...events].sort());
    await replay(id, began + HOUR, began + 3 * HOUR);
    expect(posted()).toEqual(events.slice(1, 4).sort());
    await replay(id, began + HOUR + 1, began + 3 * HOUR - 1);
    expect(posted()).toEqual([events[2]]);
    expect(await world.delivery(id, events[2]!)).toMatchObject({ status: 'delivered', attempt: 3 });
  });

  test('delivers what the webhook missed while it was disabled, or before it was made', async () => {
    const off = await world.subscribe(receiver.url, { enabled: false });
    const began = world.clock.now;
    const events = [await world.happen('training.started'), await world.happen('dataset.failed')];
    world.clock.now += HOUR;
    const { id } = await world.subscribe(receiver.url, { events: ['training.*'] });
    await replay(id, began);
    expect(posted()).toEqual([events[0]]);
    await replay(off.id, began);
    expect(posted()).toEqual([]);
  });

  test('leaves alone what is being tried, and gives what has failed all its tries again', async () => {
    const { id } = await world.subscribe(receiver.url);
    receiver.otherwise = status(500);
    const began = world.clock.now;
    const failed = await world.happen();
    await world.pass(3.5 * DAY);
    const pending = await world.happen();
    await world.work();
    receiver.received.length = 0;
    await replay(id, began);
    expect(posted()).toEqual([failed]);
    expect(await world.delivery(id, failed)).toMatchObject({ status: 'pending', attempt: 11, tries: 1 });
    expect(await world.delivery(id, pending)).toMatchObject({ status: 'pending', attempt: 1 });
  });

  test('goes on page by page', async () => {
    const { id } = await world.subscribe(receiver.url, { enabled: false });
    const other = await world.subscribe(receiver.url, { events: ['model.created'] });
    const events: string[] = [];
    for (let i = 0; i < 120; i++) events.push(await world.happen('model.created'));
    await world.work();
    expect(posted()).toHaveLength(120);
    await replay(other.id, world.clock.now);
    expect(posted()).toEqual(events.sort());
    expect(await world.deliveries(id)).toEqual([]);
  });

  test('knows no events older than thirty days', async () => {
    const { id } = await world.subscribe(receiver.url);
    const began = world.clock.now;
    await world.happen();
    await world.work();
    world.clock.now += 30 * DAY;
    posted();
    await replay(id, began);
    expect(posted()).toEqual([]);
    expect(await world.deliveries(id)).toEqual([]);
  });
});

/** An account with webhooks on an embedded store, whose functions a test runs one after the other, by a clock of its own. */
import type { EventBridgeEvent } from 'aws-lambda';
import { type DomainEvent, domainEvent } from '#domain/events/event.ts';
import type { EventType } from '#domain/events/types.ts';
import { newId } from '#domain/ids.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Json } from '#domain/ports/table/port.ts';
import { parseSettings } from '#domain/settings.ts';
import { isoTime } from '#domain/times.ts';
import { createWebhook } from '#domain/webhooks/change.ts';
import { getDelivery, listDeliveries } from '#domain/webhooks/deliveries.ts';
import { getWebhook } from '#domain/webhooks/read.ts';
import type { Webhook } from '#domain/webhooks/record.ts';
import { newSecret, sealSecret } from '#domain/webhooks/secret.ts';
import { type DeliverOptions, makeHandler as makeDeliver } from '#functions/events/deliver-webhook.ts';
import { makeHandler as makeDue } from '#functions/events/due-webhooks.ts';
import { makeHandler as makeMatch } from '#functions/events/match-webhooks.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { batchOf } from '../sqs.ts';
import { openWorld, silent } from '../world.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const settings = parseSettings({ webhooksToLoopback: true });

export async function openWebhookWorld(
  options: Partial<DeliverOptions> = {},
  change: (adapters: Adapters) => Adapters = (adapters) => adapters,
) {
  const world = await openWorld();
  const { accountId, clock } = world;
  // Receivers refuse signatures whose time is not about now.
  clock.now = Date.now();
  const adapters = change(world.adapters);
  const match = makeMatch(permitted('match-webhooks', adapters), { logger: silent });
  const due = makeDue(permitted('due-webhooks', adapters), { logger: silent });
  const deliver = makeDeliver(permitted('deliver-webhook', adapters), {
    logger: silent,
    settings,
    random: () => 0.5,
    ...options,
  });

  const subscribe = async (url: string, given: Partial<Webhook> = {}): Promise<{ id: string; secret: string }> => {
    const owner = { account_id: accountId, id: newId(clock.now) };
    const secret = newSecret();
    const at = isoTime(clock.now);
    await createWebhook(world.adapters.table, {
      ...owner,
      url,
      events: ['*'],
      description: '',
      enabled: true,
      secrets: [{ sealed: await sealSecret(world.adapters.keys, owner, secret), created_at: at }],
      rotations: 0,
      created_at: at,
      updated_at: at,
      ...given,
    });
    return { id: owner.id, secret };
  };

  /** As the bus delivers it. */
  const publish = ({ type, detail }: DomainEvent): Promise<void> => {
    const event: EventBridgeEvent<string, unknown> = {
      version: '0',
      id: newId(clock.now),
      'detail-type': type,
      source: 'trainyard',
      account: accountId,
      time: isoTime(clock.now),
      region: 'local',
      resources: [],
      detail: { ...detail, account_id: accountId },
    };
    return match(event);
  };

  const happen = async (
    type: EventType = 'training.completed',
    detail: { readonly [name: string]: Json } = { job_id: 'j' },
  ): Promise<string> => {
    const event = domainEvent(type, accountId, isoTime(clock.now), detail);
    await publish(event);
    return event.detail.event_id;
  };

  const handle = async (bodies: readonly unknown[]) => {
    const { batchItemFailures } = await deliver(batchOf(bodies));
    return batchItemFailures.length;
  };

  /** Handles the messages that are visible now. Resolves with how many there were. */
  const work = async (): Promise<number> => {
    let handled = 0;
    for (;;) {
      const bodies = await world.sent('webhooks');
      if (bodies.length === 0) return handled;
      for (const body of bodies) await handle([body]);
      handled += bodies.length;
    }
  };

  /** Time passes, minute by minute, with the schedule and the messages that come. */
  const pass = async (milliseconds: number): Promise<void> => {
    const until = clock.now + milliseconds;
    for (;;) {
      await due();
      await work();
      if (clock.now >= until) return;
      clock.now = Math.min(until, clock.now + MINUTE);
    }
  };

  const webhook = (id: string) => getWebhook(world.adapters.table, accountId, id);
  const delivery = (id: string, event: string) => getDelivery(world.adapters.table, accountId, id, event);
  const deliveries = async (id: string) =>
    (await listDeliveries(world.adapters.table, accountId, id, { limit: 100 })).deliveries;
  return { ...world, subscribe, publish, happen, handle, work, pass, due, webhook, delivery, deliveries };
}

export type WebhookWorld = Awaited<ReturnType<typeof openWebhookWorld>>;

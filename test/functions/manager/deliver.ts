/** The consumer of the vault's queue. */
import type { Adapters } from '#domain/ports/adapters.ts';
import { makeHandler as makeConsumer } from '#functions/events/run-vault-job.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import type { VaultWorld } from './world.ts';

/** Delivers a message of the queue. Resolves with whether there was one. */
export function deliverer(
  world: VaultWorld,
  change: (adapters: Adapters) => Adapters = (adapters) => adapters,
): (milliseconds?: number) => Promise<boolean> {
  const logger = {
    debug() {},
    info() {},
    warn() {},
    error: (...line: unknown[]) => world.platform.logged.push(String(line[0])),
  };
  return async (milliseconds = 900_000) => {
    const { store, settings } = world.platform;
    const [message] = await store.queues.vault.receive({ max: 1 });
    if (!message) return false;
    const handler = makeConsumer(permitted('run-vault-job', change(store)), { settings, logger });
    const record = {
      messageId: message.id,
      body: message.body,
      attributes: { ApproximateReceiveCount: '1' },
      eventSourceARN: 'arn:aws:sqs:here:0:vault',
    };
    const event = { Records: [record] } as unknown as Parameters<typeof handler>[0];
    const { batchItemFailures } = await handler(event, { getRemainingTimeInMillis: () => milliseconds });
    if (batchItemFailures.length === 0) await store.queues.vault.acknowledge(message.receipt);
    return true;
  };
}

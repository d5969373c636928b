/** Queue `webhooks`: posts events to the receivers that accounts have chosen. */
import { LIMITS } from '#domain/limits.ts';
import { webhookMessage } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Settings } from '#domain/settings.ts';
import type { Log } from '#functions/http/contract.ts';
import { makePost, type Post } from '#outgoing/post.ts';
import { consumer } from './batch.ts';
import { deliver } from './webhooks/deliver.ts';
import { replay } from './webhooks/replay.ts';

/** A receiver has so long to answer, in milliseconds. */
const TIMEOUT_MS = 15_000;

export interface DeliverOptions {
  readonly logger: Log;
  readonly settings: Pick<Settings, 'webhooksToLoopback'>;
  /** Default: over the network. */
  readonly post?: Post;
  /** From 0 to 1, for the jitter of retries. */
  readonly random?: () => number;
}

export function makeHandler(adapters: Pick<Adapters, 'table' | 'queues' | 'keys' | 'now'>, options: DeliverOptions) {
  const { logger, settings, random = Math.random } = options;
  const rules = { loopback: settings.webhooksToLoopback };
  const post = options.post ?? makePost({ rules, timeoutMs: TIMEOUT_MS, responseBytes: LIMITS.webhooks.responseBytes });
  const context = { ...adapters, logger, post, random };
  return consumer({ schema: webhookMessage, queue: adapters.queues.webhooks, logger }, (message) =>
    message.kind === 'deliver' ? deliver(context, message) : replay(context, message),
  );
}

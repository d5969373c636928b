/** One attempt at a delivery: signs it, sends it, and says what came of it. */
import type { Adapters } from '#domain/ports/adapters.ts';
import { epochSeconds, isoTime } from '#domain/times.ts';
import type { Settlement } from '#domain/webhooks/deliveries.ts';
import type { Attempt, Delivery } from '#domain/webhooks/delivery.ts';
import { readableSecrets } from '#domain/webhooks/read.ts';
import type { Webhook } from '#domain/webhooks/record.ts';
import { retryAfterSeconds, retryDelay } from '#domain/webhooks/retries.ts';
import { sign } from '#domain/webhooks/signature.ts';
import { NoResponseError, type Post, type PostResponse } from '#outgoing/post.ts';

export interface AttemptContext {
  readonly keys: Pick<Adapters['keys'], 'unwrapDataKey'>;
  readonly now: () => number;
  readonly post: Post;
  /** From 0 to 1. */
  readonly random: () => number;
}

export interface Outcome {
  readonly made: Attempt;
  readonly settlement: Settlement;
  /** The receiver wants no more deliveries. */
  readonly isGone: boolean;
}

const GONE = 410;
/** What the log has of a response's headers, in characters of all names and values; those behind are left out. */
const LOGGED_HEADER_CHARACTERS = 2048;

export async function attemptDelivery(context: AttemptContext, of: Delivery, webhook: Webhook): Promise<Outcome> {
  const { now, post } = context;
  const began = now();
  const secrets = await readableSecrets(context.keys, webhook, isoTime(began));
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Trainyard-Webhooks/1',
    ...sign(of.event_id, epochSeconds(began), of.body, secrets),
  };
  const request = { url: webhook.url, headers };
  const base = { number: of.attempt + 1, at: isoTime(began), request };
  if (secrets.length === 0) {
    const error = 'the secret cannot be read: rotate it, or restore the key that encrypts it';
    return failed(context, of, { ...base, latency_ms: 0, error });
  }
  try {
    const response = await post({ ...request, body: of.body });
    const made = { ...base, latency_ms: now() - began, response: logged(response) };
    const { status } = response;
    if (status >= 200 && status < 300) return { made, settlement: 'delivered', isGone: false };
    return failed(context, of, { ...made, error: errorOf(status) }, response);
  } catch (error) {
    if (!(error instanceof NoResponseError)) throw error;
    return failed(context, of, { ...base, latency_ms: now() - began, error: error.message });
  }
}

function failed(context: AttemptContext, of: Delivery, made: Attempt, response?: PostResponse): Outcome {
  const isGone = response?.status === GONE;
  const tries = of.tries + 1;
  const retryAfter = retryAfterSeconds(response?.headers['retry-after'], context.now());
  const retryInSeconds = isGone || tries >= of.max_tries ? undefined : retryDelay(tries, context.random(), retryAfter);
  return { made, settlement: retryInSeconds === undefined ? 'failed' : { retryInSeconds }, isGone };
}

function errorOf(status: number): string {
  if (status >= 300 && status < 400) return `the response was ${status}: redirects are not followed`;
  return `the response was ${status}`;
}

function logged({ status, headers, body }: PostResponse): NonNullable<Attempt['response']> {
  let left = LOGGED_HEADER_CHARACTERS;
  const some = Object.entries(headers).filter(([name, value]) => {
    left -= name.length + value.length;
    return name !== 'set-cookie' && left >= 0;
  });
  return { status, headers: Object.fromEntries(some), body };
}

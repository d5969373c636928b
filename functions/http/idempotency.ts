/**
 * A client that does not know whether its request arrived retries it with the same `Idempotency-Key`:
 *
 *     first      ── record as in progress ── run ──┬─ success: the response is stored for a day
 *                                                  └─ error: the record is deleted, so that a retry runs
 *     retry      ── same request: the stored response · another request: 422 · the first still in progress: 409
 *
 * The record of a process that crashed expires after a few minutes, and the request may be retried.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Awaitable } from '#domain/awaitable.ts';
import { type Sealed, seal, sealed, unseal } from '#domain/envelope.ts';
import { ConflictError, UnprocessableError, ValidationError } from '#domain/errors.ts';
import { keys } from '#domain/keys.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { ConditionFailedError } from '#domain/ports/errors.ts';
import type { Json, Key, Table } from '#domain/ports/table/port.ts';
import { epochSeconds } from '#domain/times.ts';
import type { RawBody } from './body/body.ts';
import type { Reply } from './reply.ts';
import type { Caller, RawRequest, RouteFacts, Services } from './route.ts';

const HEADER = 'idempotency-key';
const RETENTION_SECONDS = 86_400;
/** Longer than any request may run. */
const IN_PROGRESS_SECONDS = 300;

export const idempotencyHeader = {
  [HEADER]: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
    .optional()
    .meta({ description: 'The same request with the same key is done once, and answered alike for a day' }),
};

const response = z.object({ status: z.int(), headers: z.record(z.string(), z.string()), body: z.json() });
type Response = z.infer<typeof response>;

/** With the response as it is, or encrypted. */
const record = z.object({ fingerprint: z.string(), reply: response.optional(), sealed: sealed.optional() });

type Keys = Adapters['keys'];
const contextOf = (accountId: string) => ({ purpose: 'idempotent-response', account: accountId });

const sealResponse = (keys: Keys, accountId: string, reply: object): Promise<Sealed> =>
  seal(keys, contextOf(accountId), Buffer.from(JSON.stringify(reply)));

const unsealResponse = async (keys: Keys, accountId: string, from: Sealed): Promise<Response> =>
  response.parse(JSON.parse(Buffer.from(await unseal(keys, contextOf(accountId), from)).toString('utf8')));

/**
 * Runs, or replays the response. Throws `ConflictError`, `UnprocessableError`, `ValidationError`, and what `run`
 * throws.
 */
export function once(
  route: RouteFacts,
  raw: RawRequest,
  services: Services,
  run: () => Awaitable<Reply>,
): Awaitable<Reply> {
  const given = raw.headers[HEADER];
  const { caller } = raw;
  return route.idempotent && given !== undefined && caller
    ? runOnce(route, { ...raw, caller }, given, services, run)
    : run();
}

async function runOnce(
  route: RouteFacts,
  raw: RawRequest & { readonly caller: Caller },
  given: string,
  { adapters, logger }: Services,
  run: () => Awaitable<Reply>,
): Promise<Reply> {
  const checked = idempotencyHeader[HEADER].safeParse(given);
  if (!checked.success) throw ValidationError.of(HEADER, 'must be 1 to 255 visible ASCII characters');

  const { table, keys: port, now } = adapters;
  const { accountId } = raw.caller;
  const key = keys.idempotency(accountId, sha256(ownedKey(route, raw.caller, given)));
  const fingerprint = await fingerprintOf(`${route.method} ${route.path} ${JSON.stringify(raw.path)}`, raw.body);
  const stored = await begin(table, key, fingerprint, now());
  if (stored) return replayed(stored.sealed ? await unsealResponse(port, accountId, stored.sealed) : stored.reply);
  let reply: Reply;
  try {
    reply = await run();
  } catch (error) {
    await table.delete(key);
    throw error;
  }
  try {
    const done = { status: reply.status, headers: { ...reply.headers }, body: (reply.body ?? null) as Json };
    const kept = route.confidential ? { sealed: await sealResponse(port, accountId, done) } : { reply: done };
    await table.update(key, { set: { ...kept, expiresAt: epochSeconds(now()) + RETENTION_SECONDS } });
  } catch (error) {
    // The request itself succeeded; retries get a 409 until the record expires.
    logger.error('response not stored', { request_id: raw.id, error });
  }
  return reply;
}

/** A response with a secret is replayed to who made the request alone; all others to everybody in the account. */
function ownedKey({ confidential }: RouteFacts, { userId, keyHash }: Caller, given: string): string {
  const owner = confidential ? (userId ?? keyHash) : undefined;
  return owner === undefined ? given : `${owner} ${given}`;
}

/** Records the request as in progress, or returns what is stored for it. */
async function begin(table: Table, key: Key, fingerprint: string, now: number) {
  try {
    const expiresAt = epochSeconds(now) + IN_PROGRESS_SECONDS;
    await table.put({ ...key, fingerprint, expiresAt }, { kind: 'absent' });
    return undefined;
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
  const found = record.optional().parse(await table.get(key));
  if (found && found.fingerprint !== fingerprint) {
    throw new UnprocessableError('The Idempotency-Key was used before for another request');
  }
  return found ?? { fingerprint };
}

/** Throws `ConflictError` if there is no response yet. */
function replayed(reply: Response | undefined): Reply {
  if (!reply) throw new ConflictError('A request with this Idempotency-Key has not been answered yet');
  return { ...reply, headers: { ...reply.headers, 'Idempotent-Replayed': 'true' } };
}

/** A hash of the request and its body without a form's boundary: a client chooses a new boundary each time. */
async function fingerprintOf(asked: string, { contentType, content }: RawBody): Promise<string> {
  const hash = createHash('sha256').update(asked).update('\n');
  const boundary = /boundary="?([^";]+)/i.exec(contentType ?? '')?.[1];
  const chunks = boundary === undefined ? content.read() : without(Buffer.from(boundary, 'latin1'), content.read());
  for await (const chunk of chunks) hash.update(chunk);
  return hash.update('\n').digest('hex');
}

/** Removes every occurrence of `bytes` from a stream, including those that span chunks. */
async function* without(bytes: Buffer, stream: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk]);
    for (let at = rest.indexOf(bytes); at >= 0; at = rest.indexOf(bytes)) {
      yield rest.subarray(0, at);
      rest = rest.subarray(at + bytes.length);
    }
    // The end of this chunk may be the beginning of an occurrence.
    const certain = Math.max(0, rest.length - bytes.length + 1);
    yield rest.subarray(0, certain);
    rest = rest.subarray(certain);
  }
  yield rest;
}

const sha256 = (text: string): string => createHash('sha256').update(text).update('\n').digest('hex');

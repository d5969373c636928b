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
import { ConflictError, UnprocessableError, ValidationError } from '#domain/errors.ts';
import { keys } from '#domain/keys.ts';
import { ConditionFailedError } from '#domain/ports/errors.ts';
import type { Json, Key, Table } from '#domain/ports/table/port.ts';
import { epochSeconds } from '#domain/times.ts';
import type { RawBody } from './body/body.ts';
import type { Reply } from './reply.ts';
import type { RawRequest, RouteFacts, Services } from './route.ts';

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

const record = z.object({
  fingerprint: z.string(),
  reply: z.object({ status: z.int(), headers: z.record(z.string(), z.string()), body: z.json() }).optional(),
});

/**
 * Runs, or replays the response. Throws `ConflictError`, `UnprocessableError`, `ValidationError`, and what `run`
 * throws.
 */
export async function once(
  route: RouteFacts,
  raw: RawRequest,
  { adapters, logger }: Services,
  run: () => Promise<Reply>,
): Promise<Reply> {
  const given = raw.headers[HEADER];
  if (!route.idempotent || given === undefined || !raw.caller) return run();
  const checked = idempotencyHeader[HEADER].safeParse(given);
  if (!checked.success) throw ValidationError.of(HEADER, 'must be 1 to 255 visible ASCII characters');

  const { table, now } = adapters;
  const key = keys.idempotency(raw.caller.accountId, sha256(given, '\n'));
  const about = `${route.method} ${route.path} ${JSON.stringify(raw.path)}\n`;
  const fingerprint = sha256(about, ...content(raw.body), '\n');
  const kept = await begin(table, key, fingerprint, now());
  if (kept) return kept;
  let reply: Reply;
  try {
    reply = await run();
  } catch (error) {
    await table.delete(key);
    throw error;
  }
  try {
    const response = { status: reply.status, headers: { ...reply.headers }, body: (reply.body ?? null) as Json };
    await table.update(key, { set: { reply: response, expiresAt: epochSeconds(now()) + RETENTION_SECONDS } });
  } catch (error) {
    // The request itself succeeded; retries get a 409 until the record expires.
    logger.error('response not stored', { request_id: raw.id, error });
  }
  return reply;
}

/** Records the request as in progress, or returns the response stored for it. */
async function begin(table: Table, key: Key, fingerprint: string, now: number): Promise<Reply | undefined> {
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
  if (!found?.reply) throw new ConflictError('A request with this Idempotency-Key has not been answered yet');
  return { ...found.reply, headers: { ...found.reply.headers, 'Idempotent-Replayed': 'true' } };
}

/** More than there are in any form of ours: one that the body is full of takes no longer. */
const MOST_BOUNDARIES = 100;

/** A client chooses a new boundary each time that it sends the same form: what is between them, without a copy of it. */
function* content({ contentType, bytes }: RawBody): Generator<Uint8Array> {
  const boundary = /boundary="?([^";]+)/i.exec(contentType ?? '')?.[1];
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (let found = 0; boundary !== undefined && found < MOST_BOUNDARIES; found++) {
    const next = body.indexOf(boundary, at, 'latin1');
    if (next < 0) break;
    yield body.subarray(at, next);
    at = next + boundary.length;
  }
  yield body.subarray(at);
}

function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

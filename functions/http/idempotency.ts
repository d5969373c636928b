/**
 * A client that does not know whether its request arrived sends it again, with the same `Idempotency-Key`:
 *
 *     first      ── note it as begun ── run ──┬─ answered: the answer is kept for a day
 *                                             └─ refused or broken: the note goes away, to be tried again
 *     again      ── same request: the kept answer · another request: 422 · the first not answered yet: 409
 *
 * The note of a process that died goes away by itself after a while, and the request may be tried again.
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
const BEGUN_SECONDS = 300;

export const idempotencyHeader = {
  [HEADER]: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
    .optional()
    .meta({ description: 'The same request with the same key is done once, and answered alike for a day' }),
};

const note = z.object({
  fingerprint: z.string(),
  reply: z.object({ status: z.int(), headers: z.record(z.string(), z.string()), body: z.json() }).optional(),
});

/** Runs, or repeats the answer. Throws `ConflictError`, `UnprocessableError`, `ValidationError`, and what `run` throws. */
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
  const key = keys.idempotency(raw.caller.accountId, sha256(given));
  const fingerprint = sha256(`${route.method} ${route.path} ${JSON.stringify(raw.path)}`, content(raw.body));
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
    const answer = { status: reply.status, headers: { ...reply.headers }, body: (reply.body ?? null) as Json };
    await table.update(key, { set: { reply: answer, expiresAt: epochSeconds(now()) + RETENTION_SECONDS } });
  } catch (error) {
    // It is done and is answered so; a repetition will meet the note until that goes away.
    logger.error('answer not kept', { request_id: raw.id, error });
  }
  return reply;
}

/** Notes that the request has begun, unless there is an answer already. */
async function begin(table: Table, key: Key, fingerprint: string, now: number): Promise<Reply | undefined> {
  try {
    const expiresAt = epochSeconds(now) + BEGUN_SECONDS;
    await table.put({ ...key, fingerprint, expiresAt }, { kind: 'absent' });
    return undefined;
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
  const found = note.optional().parse(await table.get(key));
  if (found && found.fingerprint !== fingerprint) {
    throw new UnprocessableError('The Idempotency-Key was used before for another request');
  }
  if (!found?.reply) throw new ConflictError('A request with this Idempotency-Key has not been answered yet');
  return { ...found.reply, headers: { ...found.reply.headers, 'Idempotent-Replayed': 'true' } };
}

/** A client chooses a new boundary each time that it sends the same form. */
function content({ contentType, bytes }: RawBody): Uint8Array {
  const boundary = /boundary="?([^";]+)/i.exec(contentType ?? '')?.[1];
  if (boundary === undefined) return bytes;
  return Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll(boundary, ''), 'latin1');
}

function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\n');
  return hash.digest('hex');
}

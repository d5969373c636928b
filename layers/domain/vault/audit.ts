/**
 * The audit trail of a manager: append-only, and a chain, since each entry has the hash of the one before it. A change
 * and its entry are written in one transaction, which also moves the head of the chain:
 *
 *     read HEAD (seq n, hash h) ── transact: the change, ENTRY n+1 { previous: h }, HEAD where hash = h
 *
 * Of two writers at once one finds that the head has moved, and tries again behind the other: the chain never forks. It
 * outlives its manager, and goes on where a manager of that id is created again.
 */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { canonicalJson } from '../canonical-json.ts';
import { UnavailableError } from '../errors.ts';
import { keys } from '../keys.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Json, Table, Write } from '../ports/table/port.ts';
import { isoTime } from '../times.ts';
import { itemOf } from './item.ts';

export const AUDIT_ACTIONS = [
  'manager_create',
  'manager_delete',
  'model_upload',
  'model_save',
  'model_load',
  'model_info',
  'model_list',
  'model_search',
  'model_compare',
  'model_download',
  'model_update',
  'model_activate',
  'model_deploy',
  'model_delete',
  'model_restore',
  'password_update',
  'calls_refused',
  'backup_upload',
  'backup_create',
  'backup_restore',
  'backup_download',
  'backup_delete',
  'restore_drill',
  'manager_stats',
  'manager_info',
  'model_versions',
  'model_signature',
  'backup_list',
  'security_status',
  'health_check',
  'audit_trail',
  'audit_verify',
  'audit_export',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** Who acts, as the trail names them. */
export interface Actor {
  /** `key_` and the beginning of the SHA-256 of the API key, or `user_` and an id. */
  readonly userId: string;
  readonly address: string;
  readonly requestId: string;
}

export interface AuditEvent {
  readonly action: AuditAction;
  readonly model_name?: string;
  readonly success: boolean;
  /** The stable code of the error. */
  readonly reason?: string;
  /** Further facts, none of them secret. */
  readonly facts?: { readonly [name: string]: Json };
}

export const auditEntry = z.object({
  seq: z.int(),
  timestamp: z.string(),
  action: z.enum(AUDIT_ACTIONS),
  model_name: z.string().optional(),
  success: z.boolean(),
  reason: z.string().optional(),
  facts: z.record(z.string(), z.json()).optional(),
  user_id: z.string(),
  ip_address: z.string(),
  request_id: z.string(),
  /** The hash of the entry before. */
  previous: z.string(),
  /** SHA-256 of the other fields as canonical JSON. */
  hash: z.string(),
});
export type AuditEntry = z.infer<typeof auditEntry>;

const auditHead = z.object({ seq: z.int(), hash: z.string() });
export type AuditHead = z.infer<typeof auditHead>;

/** Whose trail. */
export interface Audited {
  readonly account_id: string;
  readonly id: string;
}

/** The hash before the first entry: that of the trail's own name. */
export const genesis = ({ account_id, id }: Audited): AuditHead => ({
  seq: 0,
  hash: sha256(canonicalJson({ account: account_id, manager: id })),
});

export const hashOfEntry = ({ hash: _, ...fields }: AuditEntry): string => sha256(canonicalJson(fields));

export async function readHead(table: Table, of: Audited): Promise<AuditHead> {
  const item = await table.get(keys.vaultAuditHead(of.account_id, of.id));
  return item ? auditHead.parse(item) : genesis(of);
}

/** How often to try behind another writer, and how long to wait at most before each, in milliseconds. */
const TRIES = 30;
const WAIT_MS = 40;

/** The appends to each trail of a table that this process makes are in a row, so that they do not disturb each other. */
const rowsOf = new WeakMap<Table, Map<string, Promise<unknown>>>();

/**
 * Appends an entry, together with `writes` (at most 98). Resolves with the entry.
 * @throws TransactionFailedError if a condition of `writes` did not hold; nothing was written then
 */
export function appendAudit(
  table: Table,
  of: Audited,
  by: Actor,
  event: AuditEvent,
  now: () => number,
  writes: readonly Write[] = [],
): Promise<AuditEntry> {
  const rows = rowsOf.get(table) ?? new Map<string, Promise<unknown>>();
  rowsOf.set(table, rows);
  const row = `${of.account_id}#${of.id}`;
  const before = rows.get(row) ?? Promise.resolve();
  const append = before.then(() => tryAppend(table, of, by, event, now, writes));
  const settled = append.catch(() => undefined).finally(() => rows.get(row) === settled && rows.delete(row));
  rows.set(row, settled);
  return append;
}

async function tryAppend(
  table: Table,
  of: Audited,
  by: Actor,
  event: AuditEvent,
  now: () => number,
  writes: readonly Write[],
): Promise<AuditEntry> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const head = await readHead(table, of);
    const entry = nextEntry(head, by, event, now());
    try {
      await table.transact([...writes, ...appending(of, head, entry)]);
      return entry;
    } catch (error) {
      if (!(error instanceof TransactionFailedError)) throw error;
      if (error.failed.some((position) => position < writes.length)) throw error;
      await delay(Math.random() * WAIT_MS);
    }
  }
  throw new UnavailableError('Too many requests of this manager at once; try again');
}

function nextEntry(head: AuditHead, by: Actor, event: AuditEvent, now: number): AuditEntry {
  const fields = {
    seq: head.seq + 1,
    timestamp: isoTime(now),
    ...event,
    user_id: by.userId,
    ip_address: by.address,
    request_id: by.requestId,
    previous: head.hash,
  };
  const entry = auditEntry.parse({ ...fields, hash: '' });
  return { ...entry, hash: hashOfEntry(entry) };
}

function appending(of: Audited, head: AuditHead, entry: AuditEntry): readonly Write[] {
  const key = keys.vaultAuditHead(of.account_id, of.id);
  return [
    {
      kind: 'put',
      item: itemOf(keys.vaultAuditEntry(of.account_id, of.id, entry.seq), entry),
      condition: { kind: 'absent' },
    },
    {
      kind: 'put',
      item: { ...key, seq: entry.seq, hash: entry.hash },
      condition:
        head.seq === 0 ? { kind: 'absent' } : { kind: 'compare', attribute: 'hash', op: '=', value: head.hash },
    },
  ];
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Reading and verifying the audit trail of a manager. */
import { keys, prefixes } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import {
  AUDIT_ACTIONS,
  type AuditAction,
  type AuditEntry,
  type Audited,
  type AuditHead,
  auditEntry,
  genesis,
  hashOfEntry,
  readHead,
} from './audit.ts';

/** A group of actions that a filter may name. */
export const ACTION_GROUPS: Readonly<Record<string, readonly AuditAction[]>> = {
  model_access: ['model_load', 'model_info', 'model_signature', 'model_download'],
  listing: [
    ...(['manager_info', 'manager_stats', 'model_list', 'model_search', 'model_compare', 'model_versions'] as const),
    ...(['backup_list', 'security_status', 'health_check'] as const),
  ],
  model_change: [
    'model_upload',
    'model_save',
    'model_update',
    'model_activate',
    'model_deploy',
    'model_delete',
    'model_restore',
  ],
  backup: ['backup_upload', 'backup_create', 'backup_restore', 'backup_download', 'backup_delete', 'restore_drill'],
  security: ['password_update', 'calls_refused'],
  audit: ['audit_trail', 'audit_verify', 'audit_export'],
};

export const ACTION_TYPES: readonly string[] = [...AUDIT_ACTIONS, ...Object.keys(ACTION_GROUPS)];

export interface AuditFilter {
  /** RFC 3339 in UTC, inclusive. */
  readonly from?: string | undefined;
  /** Exclusive. */
  readonly until?: string | undefined;
  readonly actions?: readonly string[] | undefined;
  readonly modelName?: string | undefined;
  readonly success?: boolean | undefined;
  /** Only entries with lower numbers in the chain: times may be the same, and clocks differ. */
  readonly beforeSeq?: number | undefined;
}

const PAGE = 1000;

/** The entries in pages, as they are stored. */
async function* pages(
  table: Table,
  of: Audited,
  order: 'ascending' | 'descending',
  beforeSeq?: number,
): AsyncGenerator<AuditEntry[]> {
  const { pk, sk: to } = keys.vaultAuditEntry(of.account_id, of.id, (beforeSeq ?? 1) - 1);
  const range = beforeSeq === undefined ? { prefix: prefixes.auditEntries } : { from: prefixes.auditEntries, to };
  let cursor: string | undefined;
  do {
    const query = { partition: pk, ...range, order, limit: PAGE } as const;
    const page = await table.query({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    yield page.items.map((item) => auditEntry.parse(item));
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** The entries that a filter lets through, newest first. */
export async function* filteredEntries(table: Table, of: Audited, filter: AuditFilter): AsyncGenerator<AuditEntry> {
  const actions = filter.actions && actionsOf(filter.actions);
  for await (const page of pages(table, of, 'descending', filter.beforeSeq)) {
    for (const entry of page) {
      // Times grow along the chain but for clocks that differ, which the day of tolerance covers.
      if (filter.from !== undefined && entry.timestamp < filter.from) {
        if (Date.parse(filter.from) - Date.parse(entry.timestamp) > TOLERANCE_MS) return;
        continue;
      }
      if (filter.until !== undefined && entry.timestamp >= filter.until) continue;
      if (actions && !actions.has(entry.action)) continue;
      if (filter.modelName !== undefined && entry.model_name !== filter.modelName) continue;
      if (filter.success !== undefined && entry.success !== filter.success) continue;
      yield entry;
    }
  }
}

const actionsOf = (given: readonly string[]): ReadonlySet<string> =>
  new Set<string>(given.flatMap((action): readonly string[] => ACTION_GROUPS[action] ?? [action]));

const TOLERANCE_MS = 86_400_000;

export interface Verification {
  readonly valid: boolean;
  readonly entries: number;
  readonly head: string;
  /** The number of the first entry that is not what it was, or is missing. */
  readonly broken_at?: number;
  readonly reason?: string;
}

/** Follows the chain from its first entry to its head. */
export async function verifyTrail(table: Table, of: Audited): Promise<Verification> {
  // Read first: entries may be appended meanwhile, none may go.
  const head = await readHead(table, of);
  let last: AuditHead = genesis(of);
  for await (const page of pages(table, of, 'ascending')) {
    for (const entry of page) {
      const reason = faultOf(entry, last);
      if (reason !== undefined)
        return { valid: false, entries: last.seq, head: head.hash, broken_at: last.seq + 1, reason };
      if (entry.seq === head.seq && entry.hash !== head.hash) {
        return { valid: false, entries: last.seq, head: head.hash, broken_at: entry.seq, reason: 'is not the head' };
      }
      last = entry;
    }
  }
  if (last.seq < head.seq) {
    return { valid: false, entries: last.seq, head: head.hash, broken_at: last.seq + 1, reason: 'is missing' };
  }
  return { valid: true, entries: last.seq, head: last.hash };
}

function faultOf(entry: AuditEntry, before: AuditHead): string | undefined {
  if (entry.seq !== before.seq + 1) return 'is missing';
  if (entry.previous !== before.hash) return 'does not follow the entry before it';
  if (hashOfEntry(entry) !== entry.hash) return 'was changed';
  return undefined;
}

/**
 * What lists and searches need of each model of a manager, in memory: reading ten thousand records for each search would
 * take too long. The audit trail says what changed since they were read, because each change is one transaction with its
 * entry. So the summaries are never older than the records.
 */
import { UnavailableError } from '../errors.ts';
import { keys } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { auditEntry, readHead } from './audit.ts';
import { ManagerTooLargeError } from './errors.ts';
import type { Manager, ManagerRef } from './manager.ts';
import { modelPages, readNamedModels } from './models.ts';
import { SearchIndex } from './search-index.ts';
import { bytesOfSummary, type Summary, summaryOf } from './summary.ts';

/** The summaries of a manager, by name, with the index of their words. */
export class Summaries {
  readonly byName = new Map<string, Summary>();
  readonly index = new SearchIndex();
  /** The number of the entry of the audit trail up to which they are current. */
  seq = 0;
  #bytes = 0;

  /** About how much memory they take. */
  get bytes(): number {
    return this.#bytes + this.index.bytes;
  }

  set(summary: Summary): void {
    this.delete(summary.name);
    this.byName.set(summary.name, summary);
    this.index.add(summary);
    this.#bytes += bytesOfSummary(summary);
  }

  delete(name: string): void {
    const known = this.byName.get(name);
    if (known === undefined) return;
    this.byName.delete(name);
    this.index.remove(known);
    this.#bytes -= bytesOfSummary(known);
  }
}

interface Cached {
  readonly current: Promise<Summaries>;
  /** About how much memory they take; 0 while they are read. */
  bytes: number;
}

/** Managers whose summaries are in memory, those used last at the end. */
const cached = new Map<string, Cached>();
const MOST_MANAGERS = 16;
/** Of all of them. Ten thousand models of a few words take about 20 MB. */
const MOST_BYTES = 150_000_000;
/** Of one manager, and of all those that are being read at the same time, whosever they are. */
const MOST_BYTES_READ = 400_000_000;
let bytesRead = 0;
/** Where more entries than that have come since, all records are read again. */
const MOST_ENTRIES = 500;

/**
 * The summaries as of now. The caller must not change them.
 * @param most bytes of memory that they may take
 * @throws ManagerTooLargeError, and UnavailableError while too many others are read
 */
export function readSummaries(table: Table, of: Manager, most: number = MOST_BYTES_READ): Promise<Summaries> {
  const name = `${of.account_id}#${of.vault}`;
  const before = cached.get(name);
  cached.delete(name);
  // One after another, since they are changed in place.
  const current = (before?.current ?? Promise.resolve(undefined))
    .catch(() => undefined)
    .then((known) => (known && known.byName.size > 0 ? refresh(table, of, known, most) : readAgain(table, of, most)));
  const entry: Cached = { current, bytes: before?.bytes ?? 0 };
  cached.set(name, entry);
  return current.then(
    (summaries) => {
      entry.bytes = summaries.bytes;
      forgetOldest();
      return summaries;
    },
    (error: unknown) => {
      entry.bytes = 0;
      throw error;
    },
  );
}

/** Those used last stay, however large they are. */
function forgetOldest(): void {
  let bytes = [...cached.values()].reduce((sum, one) => sum + one.bytes, 0);
  for (const [name, oldest] of cached) {
    if (cached.size <= 1 || (cached.size <= MOST_MANAGERS && bytes <= MOST_BYTES)) return;
    cached.delete(name);
    bytes -= oldest.bytes;
  }
}

async function readAgain(table: Table, of: ManagerRef, most: number): Promise<Summaries> {
  const summaries = new Summaries();
  let own = 0;
  try {
    // Read before the records: what changes meanwhile is read once more.
    summaries.seq = (await readHead(table, of)).seq;
    for await (const page of modelPages(table, of)) {
      for (const model of page) summaries.set(summaryOf(model));
      bytesRead += summaries.bytes - own;
      own = summaries.bytes;
      expectBounded(of, summaries, most);
      if (bytesRead > most) throw new UnavailableError('the models of many managers are read at the moment');
    }
    return summaries;
  } finally {
    bytesRead -= own;
  }
}

function expectBounded(of: ManagerRef, { bytes, byName }: Summaries, most: number): void {
  if (bytes > most) throw new ManagerTooLargeError(of.id, byName.size, most);
}

async function refresh(table: Table, of: ManagerRef, known: Summaries, most: number): Promise<Summaries> {
  const { seq } = await readHead(table, of);
  if (seq === known.seq) return known;
  if (seq < known.seq || seq - known.seq > MOST_ENTRIES) return readAgain(table, of, most);
  const names = [...(await changedNames(table, of, known.seq + 1, seq))];
  const models = new Map((await readNamedModels(table, of, names)).map((model) => [model.name, model]));
  for (const name of names) {
    const model = models.get(name);
    if (model) known.set(summaryOf(model));
    else known.delete(name);
  }
  known.seq = seq;
  expectBounded(of, known, most);
  return known;
}

const READS: readonly string[] = ['model_upload', 'model_load', 'model_info', 'model_download', 'model_deploy'];

async function changedNames(table: Table, of: ManagerRef, from: number, to: number): Promise<Set<string>> {
  const at = (seq: number) => keys.vaultAuditEntry(of.account_id, of.id, seq);
  const items = await readAll(table, { partition: at(from).pk, from: at(from).sk, to: at(to).sk });
  const entries = items.map((item) => auditEntry.parse(item));
  return new Set(
    entries.flatMap(({ success, action, model_name }) =>
      success && model_name !== undefined && !READS.includes(action) ? [model_name] : [],
    ),
  );
}

/** The fields that the vault's answers have and its document's have not, and the bodies that it does not print. */
import { integer, orNull, type Shape, text, texts, time, words } from '../shape.ts';

const anything = { type: 'anything', accepts: () => true };

export const ADDITIONS = {
  info: {
    tags: texts,
    version: words,
    family: words,
    compressed: anything,
    stored_mb: anything,
    signed: anything,
    revisions: anything,
    served: anything,
    int8: anything,
    pickle_imports: orNull(texts),
    dangerous: orNull(texts),
  },
  health: { damaged_models: anything, restore_drill: anything, backup_copies: anything, encryption_enabled: anything },
  manager: { encryption_enabled: anything },
  models: { encryption_enabled: anything },
  storage: { encryption_enabled: anything },
  saved: { int8: anything, warnings: texts },
  comparison: { assumed: texts },
  best: { assumed: texts },
  search: { assumed: texts },
  backup: { kind: words, expires_at: orNull(time) },
  backupCreated: { missing: texts, damaged: texts, taken_from_backup: texts },
  auditEntry: { seq: integer, reason: orNull(text), request_id: words, hash: words, facts: anything },
  auditTrail: { next_before_seq: anything },
  managerDeleted: { models_deleted: integer, backup_created: anything, backup_path: orNull(text) },
  byTags: { tags: texts },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Shape>>>>;

/** What the document leaves to the implementation. */
export const UNPRINTED = {
  restored: {
    message: words,
    backup_name: words,
    models_restored: integer,
    restored_models: texts,
    would_restore: texts,
    skipped_models: texts,
    missing: texts,
    dry_run: anything,
    compared_as_stored: texts,
    restored_at: time,
  },
  password: {
    message: words,
    manager_id: words,
    status: words,
    rotated: integer,
    skipped: integer,
    failed: integer,
    remaining: integer,
    revisions_rotated: integer,
    updated_at: time,
  },
} as const satisfies Readonly<Record<string, Shape>>;

/**
 * Encoders that an account uploads file by file. An upload may be changed until it is complete, and never afterwards: trainings
 * read from it.
 */
import { addBytes } from '../accounts/usage/storage.ts';
import { blobKeys } from '../blob-keys.ts';
import { ConflictError } from '../errors.ts';
import { newId } from '../ids.ts';
import { keys } from '../keys.ts';
import { markOrphaned } from '../orphans.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table, Write } from '../ports/table/port.ts';
import { isoTime } from '../times.ts';
import { NEEDED_FILES, nameOfUpload, uploadedName, WEIGHT_FILES } from './catalogue.ts';
import { encoderPrefix } from './place.ts';
import { findEncoder, listUploads, MOST_UPLOADS } from './read.ts';
import type { EncoderFile, EncoderState, PartialFile } from './record.ts';

export const UPLOADABLE = [...NEEDED_FILES, ...WEIGHT_FILES] as const;

/** One of each of these makes an encoder. */
const WANTED: readonly (readonly string[])[] = [['config.json'], ['tokenizer.json', 'spm.model'], WEIGHT_FILES];

/** What is missing of an encoder, for people. */
export const missingOf = (files: readonly { readonly file: string }[]): string[] =>
  WANTED.filter((some) => !some.some((name) => files.some(({ file }) => file === name))).map((some) =>
    some.join(' or '),
  );

/** An upload that may be changed, perhaps a new one. Throws `ConflictError`. */
export async function openUpload(table: Table, accountId: string, own: string, now: number): Promise<EncoderState> {
  const name = uploadedName(own);
  const found = await findEncoder(table, keys.uploadedEncoder(accountId, own));
  if (found?.status === 'loaded') {
    throw new ConflictError(`${name} is complete, and stays as it is: delete it, or upload under another name`);
  }
  if (!found && (await listUploads(table, accountId)).length >= MOST_UPLOADS) {
    throw new ConflictError(`There may be at most ${MOST_UPLOADS} uploaded encoders: delete one first`);
  }
  return (
    found ?? {
      ...{ name, status: 'loading', source: 'an upload', total_bytes: 0, loaded_bytes: 0, files: [], partial: [] },
      counted_bytes: 0,
      ...{ prefix: blobKeys.uploadedEncoderPrefix(accountId, newId(now)), revision: 0 },
      ...{ asked_at: isoTime(now), updated_at: isoTime(now) },
    }
  );
}

/** Records what has come. Throws `ConflictError` if something else came meanwhile. */
export async function recordUpload(
  table: Table,
  accountId: string,
  state: EncoderState,
  { files, partial }: { readonly files: readonly EncoderFile[]; readonly partial: readonly PartialFile[] },
  now: number,
): Promise<EncoderState> {
  const complete = missingOf(files).length === 0 && partial.length === 0;
  const bytes = [...files, ...partial].reduce((sum, { size }) => sum + size, 0);
  const pending = partial.reduce((sum, { size, parts }) => sum + size - parts.reduce((all, part) => all + part, 0), 0);
  const loaded = bytes - pending;
  const next: EncoderState = {
    ...state,
    ...{ status: complete ? 'loaded' : 'loading', files: [...files], partial: [...partial] },
    ...{ total_bytes: bytes, loaded_bytes: loaded, counted_bytes: loaded },
    ...{ revision: state.revision + 1, updated_at: isoTime(now) },
  };
  const unchanged: Condition =
    state.revision === 0
      ? { kind: 'absent' }
      : { kind: 'compare', attribute: 'revision', op: '=', value: state.revision };
  const item = { ...keys.uploadedEncoder(accountId, nameOfUpload(state.name)), ...next };
  try {
    await table.transact([
      { kind: 'put', item, condition: unchanged },
      countEncoder(accountId, loaded - state.counted_bytes),
    ]);
  } catch (error) {
    if (error instanceof TransactionFailedError && error.failed.includes(0)) {
      throw new ConflictError(`Another part of ${state.name} came at the same time: send one after another`);
    }
    throw error;
  }
  return next;
}

/** Deletes an upload; the sweep deletes its files. Resolves with whether there was one. */
export async function deleteUpload(table: Table, accountId: string, own: string, now: number): Promise<boolean> {
  const key = keys.uploadedEncoder(accountId, own);
  const found = await findEncoder(table, key);
  if (!found) return false;
  await table.transact([
    { kind: 'delete', key },
    markOrphaned('artifacts', encoderPrefix(found), now),
    countEncoder(accountId, -found.counted_bytes),
  ]);
  return true;
}

/** What is added to the account's usage, or subtracted. */
const countEncoder = (accountId: string, bytes: number): Write => ({
  kind: 'update',
  key: keys.account(accountId),
  change: { add: addBytes('encoder_bytes', bytes) },
  condition: { kind: 'present' },
});

/** Reads what was logged. */
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { blobKeys } from '#domain/keys.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import { logFilesOf } from '#domain/prediction-log/files.ts';
import { type LogFile, type LoggedRow, loggedRow } from '#domain/prediction-log/record.ts';

const plain = promisify(gunzip);

type Reading = Pick<Adapters, 'table' | 'blobs'>;

/** None of a file that was deleted, or of which only the record was written. */
export async function rowsOf({ blobs }: Reading, accountId: string, of: LogFile): Promise<LoggedRow[]> {
  try {
    const { body } = await blobs.artifacts.get(blobKeys.logFile(accountId, of.model_id, of.day, of.id));
    const lines = (await plain(await buffer(body))).toString('utf8').split('\n');
    return lines.flatMap((line) => (line === '' ? [] : [loggedRow.parse(JSON.parse(line))]));
  } catch (error) {
    if (error instanceof BlobNotFoundError) return [];
    throw error;
  }
}

/** A row that was logged; `undefined` if it is in no file, or not yet. */
export async function findLogged(
  reading: Reading,
  accountId: string,
  modelId: string,
  of: { readonly prediction_id: string; readonly row: number; readonly at: number },
): Promise<LoggedRow | undefined> {
  for await (const file of logFilesOf(reading.table, accountId, modelId, { from: of.at, to: of.at })) {
    const rows = await rowsOf(reading, accountId, file);
    const found = rows.find(({ prediction_id, row }) => prediction_id === of.prediction_id && row === of.row);
    if (found) return found;
  }
  return undefined;
}

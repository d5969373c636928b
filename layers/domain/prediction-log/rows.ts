/** Reads what was logged. */
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { blobKeys } from '../keys.ts';
import type { Adapters } from '../ports/adapters.ts';
import { BlobNotFoundError } from '../ports/errors.ts';
import { logFilesOf } from './files.ts';
import { type LogFile, type LoggedRow, loggedRow } from './record.ts';

const plain = promisify(gunzip);

export type Reading = Pick<Adapters, 'table' | 'blobs'>;

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

/** The rows of a request that were logged; none if they are in no file, or not yet. */
export async function findRequest(
  reading: Reading,
  accountId: string,
  modelId: string,
  of: { readonly prediction_id: string; readonly at: number },
): Promise<LoggedRow[]> {
  for await (const file of logFilesOf(reading.table, accountId, modelId, { from: of.at, to: of.at })) {
    const found = (await rowsOf(reading, accountId, file)).filter((row) => row.prediction_id === of.prediction_id);
    // A request is a message, and no message is divided.
    if (found.length > 0) return found;
  }
  return [];
}

/** Reads what was logged. */
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { blobKeys } from '../blob-keys.ts';
import { DamagedFileError } from '../errors.ts';
import type { Adapters } from '../ports/adapters.ts';
import { BlobNotFoundError } from '../ports/errors.ts';
import { logFilesOf } from './files.ts';
import { fileNameOf, type LogFile, type LoggedRow, loggedRow } from './record.ts';

const plain = promisify(gunzip);

export type Reading = Pick<Adapters, 'table' | 'blobs'>;

/** None of a file that was deleted, or of which only the record was written. Throws `DamagedFileError`. */
export async function rowsOf({ blobs }: Reading, accountId: string, of: LogFile): Promise<LoggedRow[]> {
  try {
    const { body } = await blobs.artifacts.get(blobKeys.logFile(accountId, of.model_id, of.day, of.id));
    return await rowsIn(await buffer(body), of);
  } catch (error) {
    if (error instanceof BlobNotFoundError) return [];
    throw error;
  }
}

async function rowsIn(bytes: Buffer, of: LogFile): Promise<LoggedRow[]> {
  try {
    const lines = (await plain(bytes)).toString('utf8').split('\n');
    return lines.flatMap((line) => (line === '' ? [] : [loggedRow.parse(JSON.parse(line))]));
  } catch {
    // Which byte is wrong decides whether unpacking, parsing or checking fails.
    throw new DamagedFileError(
      `${fileNameOf(of)}, a file of the model's log of ${of.day},`,
      'Restore it from a backup',
    );
  }
}

/**
 * The rows of a request that were logged; none if they are in no file, or not yet. Throws `DamagedFileError` if they may
 * be in a file that is damaged.
 */
export async function findRequest(
  reading: Reading,
  accountId: string,
  modelId: string,
  of: { readonly prediction_id: string; readonly at: number },
): Promise<LoggedRow[]> {
  let damage: DamagedFileError | undefined;
  for await (const file of logFilesOf(reading.table, accountId, modelId, { from: of.at, to: of.at })) {
    const rows = await rowsOf(reading, accountId, file).catch((error: unknown) => {
      if (!(error instanceof DamagedFileError)) throw error;
      damage = error;
      return [];
    });
    const found = rows.filter((row) => row.prediction_id === of.prediction_id);
    // A request is a message, and no message is divided.
    if (found.length > 0) return found;
  }
  if (damage) throw damage;
  return [];
}

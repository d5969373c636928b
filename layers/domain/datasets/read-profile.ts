import { json } from 'node:stream/consumers';
import { blobKeys } from '../blob-keys.ts';
import { DamagedFileError, InternalError } from '../errors.ts';
import type { Blobs } from '../ports/blobs/port.ts';
import { type DatasetProfile, datasetProfile } from './profile.ts';
import type { Dataset } from './record.ts';

/** The stored profile. Throws `DamagedFileError` if it is cut short or otherwise no profile. */
export async function readStoredProfile(
  datasets: Blobs,
  { account_id, id }: Pick<Dataset, 'account_id' | 'id'>,
): Promise<DatasetProfile> {
  const { body } = await datasets.get(blobKeys.datasetProfile(account_id, id));
  try {
    return datasetProfile.parse(await json(body));
  } catch (cause) {
    // A store that does not answer is no damage.
    if (cause instanceof InternalError || (cause instanceof Error && 'code' in cause)) throw cause;
    throw new DamagedFileError(
      `The profile of dataset ${id}`,
      `PATCH /datasets/${id} with its dataset_type has the file read again`,
    );
  }
}

/**
 * The reading of a file that is uploaded in parts, while parts still arrive:
 *
 *     parts       1 ──── 2 ──── 3 ──── 4 ┐
 *     reading        1 ─── 2 ─── 3 ─── 4 ┴─ complete: the dataset ─ message: its profile is there
 *
 * Nothing depends on it. Where parts were put again after they were read, or this process ends, or there are others, the file
 * is read once it is complete. What was read of it is the account's as the file is: nobody sees it before there is a dataset,
 * and it is deleted with the upload.
 */
import { blobKeys } from '#domain/blob-keys.ts';
import { markIfDeleted } from '#domain/datasets/change.ts';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import type { Upload } from '#domain/datasets/uploads.ts';
import type { FollowedUpload } from '#domain/ports/blobs/port.ts';
import { MESSAGE_LIMITS } from '#domain/ports/queue/rules.ts';
import type { Services } from '#functions/http/route.ts';
import { columnsStore } from '#learning/columns/store.ts';
import { profileArriving } from '#learning/profile/arriving.ts';
import { askedOf } from '#learning/profile/asked.ts';
import { announce } from '../datasets/announce.ts';

type ReadingServices = Pick<Services, 'adapters' | 'settings' | 'logger'>;

/** As many as files that are read at once on one machine; of an account, one fewer, as there. */
const AT_ONCE = 2;
const OF_ACCOUNT = 1;
/**
 * A caller who pauses for longer, also before the completion, has the file read at the end. Four parts that are sent at once
 * may take so long over a slow line.
 */
const PATIENCE_SECONDS = 120;
/** The only part of a smaller file is all of it. */
const LEAST_PARTS = 2;

interface Begun {
  readonly followed: FollowedUpload;
  /** `undefined`: it came to nothing. */
  readonly profile: Promise<DatasetProfile | undefined>;
  expiry?: NodeJS.Timeout;
}

export class EarlyReadings {
  readonly #begun = new Map<string, Begun>();
  /** The accounts of those that go on. */
  readonly #going: string[] = [];

  /** Of a new upload of so many parts, if there is room for it. */
  begin(services: ReadingServices, upload: Upload, parts: number): void {
    const { account_id, id, upload_id, file_size: size } = upload;
    const { datasets } = services.adapters.blobs;
    const own = this.#going.filter((account) => account === account_id).length;
    if (parts < LEAST_PARTS || this.#going.length >= AT_ONCE || own >= OF_ACCOUNT) return;
    const key = blobKeys.datasetFile(account_id, id);
    const followed = datasets.followUpload?.(key, upload_id, { parts, seconds: PATIENCE_SECONDS });
    if (followed === undefined) return;
    this.#going.push(account_id);
    const { readingThreads: threads } = services.settings;
    const options = { threads, storeColumns: columnsStore(datasets, upload) };
    const profile = profileArriving({ size, body: followed.body }, askedOf(upload), options)
      .catch((error: unknown) => {
        services.logger.debug('a file was not read early', { error: error as Error });
        return undefined;
      })
      .finally(() => this.#going.splice(this.#going.indexOf(account_id), 1));
    const begun: Begun = { followed, profile };
    this.#begun.set(id, begun);
    void profile.then((found) => {
      // It may be complete by now.
      if (this.#begun.get(id) !== begun) return;
      if (found === undefined) this.#begun.delete(id);
      else begun.expiry = setTimeout(() => void this.drop(services, upload), PATIENCE_SECONDS * 1000).unref();
    });
  }

  has(upload: string): boolean {
    return this.#begun.has(upload);
  }

  /** That of an upload which is complete. */
  take(upload: string): EarlyReading | undefined {
    const begun = this.#forget(upload);
    return begun && new EarlyReading(begun);
  }

  /** Nobody will take it. */
  async drop(services: ReadingServices, upload: Pick<Upload, 'account_id' | 'id'>): Promise<void> {
    const begun = this.#forget(upload.id);
    if ((await begun?.profile) !== undefined) await discard(services, upload);
  }

  #forget(upload: string): Begun | undefined {
    const begun = this.#begun.get(upload);
    this.#begun.delete(upload);
    clearTimeout(begun?.expiry);
    return begun;
  }
}

/** For as long as it may take to read the rest of a file, the message of which waits. */
const REST = { seconds: 60, bytesPerSecond: 10_000_000 };

class EarlyReading {
  readonly #begun: Begun;

  constructor(begun: Begun) {
    this.#begun = begun;
  }

  /**
   * Sends the dataset's message once the reading has ended; resolves before that. Another message is sent now for later,
   * in case that this process ends meanwhile.
   */
  async announce(services: ReadingServices, dataset: Dataset): Promise<void> {
    const { adapters, logger } = services;
    const rest = REST.seconds + Math.ceil(dataset.file_size / REST.bytesPerSecond);
    await announce(adapters, logger, dataset, { delaySeconds: Math.min(MESSAGE_LIMITS.delaySeconds, rest) });
    void this.#store(services, dataset).then((isRead) => announce(adapters, logger, dataset, { isRead }));
  }

  /** Resolves with whether the profile is stored. */
  async #store(services: ReadingServices, dataset: Dataset): Promise<boolean> {
    const { table, blobs, now } = services.adapters;
    const { account_id, id } = dataset;
    const profile = await this.#begun.profile;
    if (profile === undefined) return false;
    try {
      const file = await blobs.datasets.head(blobKeys.datasetFile(account_id, id));
      if (file?.etag !== this.#begun.followed.etag()) {
        await discard(services, dataset);
        return false;
      }
      const found = Buffer.from(JSON.stringify(profile));
      await blobs.datasets.put(blobKeys.datasetProfile(account_id, id), found, { contentType: 'application/json' });
      await markIfDeleted(table, dataset, now());
      return true;
    } catch (error) {
      services.logger.warn('what was read early was not stored', { dataset_id: id, error: error as Error });
      return false;
    }
  }
}

const discard = async (
  { adapters, logger }: ReadingServices,
  { account_id, id }: Pick<Upload, 'account_id' | 'id'>,
): Promise<void> =>
  // The mark of the upload lets the sweep delete what is left.
  adapters.blobs.datasets
    .delete(blobKeys.datasetColumns(account_id, id))
    .catch((error: unknown) => logger.error('columns not deleted yet', { dataset_id: id, error: error as Error }));

/** Of this process. */
export const earlyReadings = new EarlyReadings();

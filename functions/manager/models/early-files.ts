/**
 * The file of a model that is uploaded in parts, made while parts still arrive:
 *
 *     parts        1 ──── 2 ──── 3 ──── 4 ┐
 *     early file       1 ─── 2 ─── 3 ─── 4 └─ complete: the record
 *
 * Nothing depends on it. Where parts were put again after they were read, or this process ends, or others have more uploads
 * in hand, the completion makes the file of what is staged. It is marked as orphaned from the beginning, like any file of a
 * revision, and its key is in the memory of this process as long as parts keep coming.
 */
import { newId } from '#domain/ids.ts';
import { deleteAbandoned } from '#domain/orphans.ts';
import type { FollowedUpload } from '#domain/ports/blobs/port.ts';
import type { Write } from '#domain/ports/table/port.ts';
import { filesOf, markOfRevision } from '#domain/vault/change.ts';
import { fileOf } from '#domain/vault/files.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { STAGED_SECONDS } from '#domain/vault/staged.ts';
import type { VaultServices } from '../services.ts';
import type { Sealing } from './seal.ts';
import { storeFollowed } from './store-followed.ts';
import type { StoredOriginal } from './store-original.ts';

type Place = Pick<StoredModel, 'account_id' | 'vault' | 'revision'>;

export interface EarlyFile {
  readonly place: Place;
  readonly original: StoredOriginal;
}

interface Begun {
  readonly place: Place;
  readonly followed: FollowedUpload;
  /** `undefined`: it came to nothing. */
  readonly stored: Promise<StoredOriginal | undefined>;
  /** Where the upload is never completed. */
  readonly expiry: NodeJS.Timeout;
}

/** As the bucket has it. */
interface Upload {
  readonly id: string;
  readonly upload_id: string;
  readonly file_size: number;
  readonly staged: string;
  readonly parts: number;
  /** Of the message whose frames its parts may be. */
  readonly header: Uint8Array | undefined;
}

/** Each takes a few MiB, and what they all take of the processors is not there for whoever completes. */
const AT_ONCE = 3;
const OF_ACCOUNT = 2;
/** A caller who pauses for longer has the file made at the end. */
const PATIENCE_SECONDS = 30;
/** A larger one would be of more files than a process should open for each of its readers: a part is a file. */
const FRAMES_BYTES = 1024 * 1_048_576;
/** A smaller one takes no time at the end. */
const LEAST_BYTES = 8 * 1_048_576;

export class EarlyFiles {
  readonly #begun = new Map<string, Begun>();
  /** The accounts of those that are being made. */
  readonly #going: string[] = [];

  /**
   * Where one may be made for a new upload: its place, the mark to be written with the upload's record, and whether it may be
   * of the parts themselves.
   */
  plan(
    { adapters: { blobs, now } }: VaultServices,
    manager: Manager,
    bytes: number,
  ): { readonly place: Place; readonly mark: Write; readonly ofFrames: boolean } | undefined {
    const own = this.#going.filter((account) => account === manager.account_id).length;
    const hasRoom = this.#going.length < AT_ONCE && own < OF_ACCOUNT;
    if (blobs.artifacts.followUpload === undefined || bytes < LEAST_BYTES || !hasRoom) return undefined;
    const place = { account_id: manager.account_id, vault: manager.vault, revision: newId(now()) };
    return { place, mark: markOfRevision(place, now() + STAGED_SECONDS * 1000), ofFrames: bytes <= FRAMES_BYTES };
  }

  /** Once the mark is written. */
  begin(services: VaultServices, place: Place, upload: Upload, sealing: Sealing | undefined): void {
    const { artifacts } = services.adapters.blobs;
    const { id, upload_id, file_size: size, staged, parts, header } = upload;
    const followed = artifacts.followUpload?.(staged, upload_id, { parts, seconds: PATIENCE_SECONDS });
    if (followed === undefined) return;
    this.#going.push(place.account_id);
    const stored = storeFollowed(artifacts, fileOf(place, 'original'), followed, { sealing, header, size })
      .catch(async (error: unknown) => {
        // Whoever completes finds the same, if it matters.
        services.logger.debug('a file was not made early', { error: error as Error });
        this.#forget(id);
        await discard(services, place);
        return undefined;
      })
      .finally(() => {
        this.#going.splice(this.#going.indexOf(place.account_id), 1);
      });
    const expiry = setTimeout(() => void this.drop(services, id), STAGED_SECONDS * 1000).unref();
    this.#begun.set(id, { place, followed, stored, expiry });
  }

  has(upload: string): boolean {
    return this.#begun.has(upload);
  }

  /** The file of an upload whose parts were joined to a blob of that etag, if it is of exactly these parts. */
  async take(services: VaultServices, upload: string, etag: string): Promise<EarlyFile | undefined> {
    const begun = this.#forget(upload);
    const original = await begun?.stored;
    if (begun === undefined || original === undefined) return undefined;
    if (begun.followed.etag() === etag) return { place: begun.place, original };
    await discard(services, begun.place);
    return undefined;
  }

  /** Nobody will take it. */
  async drop(services: VaultServices, upload: string): Promise<void> {
    const begun = this.#forget(upload);
    if (begun !== undefined && (await begun.stored) !== undefined) await discard(services, begun.place);
  }

  #forget(upload: string): Begun | undefined {
    const begun = this.#begun.get(upload);
    this.#begun.delete(upload);
    clearTimeout(begun?.expiry);
    return begun;
  }
}

const discard = ({ adapters: { table, blobs }, logger }: VaultServices, place: Place): Promise<void> =>
  // The mark lets the sweep delete what is left.
  deleteAbandoned(table, blobs.artifacts, 'artifacts', filesOf(place)).catch((undeleted: unknown) =>
    logger.error('files not deleted yet', { error: undeleted as Error }),
  );

/** Of this process. */
export const earlyFiles = new EarlyFiles();

/** Files in buckets. */
import type { Readable } from 'node:stream';

export interface BlobInfo {
  readonly key: string;
  readonly size: number;
  /** Changes whenever the bytes do. */
  readonly etag: string;
  readonly contentType: string;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
}

/** Of so many bytes: `sha256:` or `crc32:` and the lower-case digest in hexadecimal. */
export interface Digest {
  readonly bytes: number;
  readonly digest: string;
}

/** A blob in a listing: S3 does not list content types. */
export type BlobEntry = Omit<BlobInfo, 'contentType'>;

export interface UploadPart {
  /** 1–10000. */
  readonly part: number;
  readonly etag: string;
}

export interface StoredPart extends UploadPart {
  /** Bytes. */
  readonly size: number;
}

export interface PartToPut {
  /** 1–10000. */
  readonly part: number;
  /** The exact size of the part: from 1 byte to 5 GiB. */
  readonly bytes: number;
}

export interface ReadBlob {
  readonly info: BlobInfo;
  readonly body: Readable;
  /** Of consecutive pieces of the whole blob, where the store knows them and does not check them itself. */
  readonly digests?: readonly Digest[];
  /** Whether the store checks the bytes itself: where they were changed, the body fails with a `DamagedFileError`. */
  readonly isVerified?: boolean;
}

export interface PutOptions {
  readonly contentType?: string;
  /** Whether the chunks of the body are used up: their memory may be given back. Default: they stay as they are. */
  readonly isReleased?: boolean;
  /** Whether whoever reads the file finds damage anyway: the store need not keep a checksum of it. */
  readonly isAuthenticated?: boolean;
  /**
   * Whether nobody goes by the file until a write of the table has followed: on one machine a loss of power before that may
   * undo that it is there.
   */
  readonly isFollowed?: boolean;
  /**
   * Whether it can be made again, and whoever reads it finds damage: on one machine nobody waits for the disk, and a loss of
   * power may take its bytes.
   */
  readonly mayBeLost?: boolean;
}

/**
 * The bytes of an upload while its parts still arrive: part by part in their order, each once it is stored, and then the end.
 * Reading fails with an `InvalidUploadError` where the upload ends otherwise, or no part comes for too long. Can be read again.
 */
export interface FollowedUpload {
  /** What was put. */
  readonly body: AsyncIterable<Uint8Array>;
  /**
   * The frames of the upload's message, without its header. Fails with a `PartNotFramedError` at a part that is stored in
   * another way.
   */
  readonly frames: AsyncIterable<Uint8Array>;
  /** Puts the message of these frames behind its header, without copying them. Throws until `frames` has ended. */
  putMessage(key: string, header: Uint8Array): Promise<BlobInfo>;
  /** That of the blob which is made of exactly the parts that were read last. Throws until all of them were. */
  etag(): string;
}

/** What opens the frames of an encrypted file: AES-256-GCM, in the message format of the AWS Encryption SDK. */
export interface MessageFrames {
  /** Opens this message and no other. */
  readonly key: Uint8Array;
  readonly messageId: Uint8Array;
  /** Where the first frame begins. */
  readonly headerBytes: number;
  /** Of the plaintext of each frame but the last. */
  readonly frameBytes: number;
}

/** A message that is not encrypted yet, of the parts of an upload. */
export interface UploadMessage {
  readonly frames: MessageFrames;
  readonly parts: number;
  /** Of each part but the last: whole frames. */
  readonly partBytes: number;
}

/** One bucket. A key is 1–1024 bytes of UTF-8. Writes are atomic. */
export interface Blobs {
  /** Ends the stream, also where it refuses it. */
  put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>, options?: PutOptions): Promise<BlobInfo>;
  /**
   * Puts a view of an encrypted blob: a file in plain of `size` bytes that is decrypted frame by frame whenever it is read,
   * each frame once it is authenticated. It stays when the other is deleted. `undefined`: the other is not the one of that
   * etag any more, or there can be no view of it here. Absent where files leave a bucket as they are stored.
   */
  putView?(
    key: string,
    of: Pick<BlobInfo, 'key' | 'etag'>,
    plain: { readonly size: number; readonly frames: MessageFrames },
  ): Promise<BlobInfo | undefined>;
  head(key: string): Promise<BlobInfo | undefined>;
  /**
   * `start` and `end` are inclusive byte positions, as in HTTP. With `verifiedAs`, a range is compared with what was written
   * where the store does not do so by itself; the body, or the call, fails with a `DamagedFileError` of that name. Throws
   * `BlobNotFoundError`, `InvalidRangeError`.
   */
  get(
    key: string,
    range?: { start: number; end?: number },
    options?: { readonly verifiedAs?: string },
  ): Promise<ReadBlob>;
  /** Deleting what is absent succeeds. */
  delete(key: string): Promise<void>;
  /** In the byte order of the keys. `limit` 1–1000. */
  list(
    prefix: string,
    options?: { limit?: number; cursor?: string },
  ): Promise<{ blobs: readonly BlobEntry[]; cursor?: string }>;
  /** A URL from which anyone may GET the blob until it expires. */
  presignGet(
    key: string,
    options: { expiresInSeconds: number; filename?: string; contentType?: string },
  ): Promise<string>;

  /**
   * Multipart: parts of at least 5 MiB (but the last), put to presigned URLs in any order; the response's ETag header
   * is the part's etag. Where a store encrypts parts by itself, it takes the frames of the message for that, each frame once:
   * a part that comes again, or after the process has ended, is stored in another way.
   */
  startUpload(key: string, options?: { contentType?: string; message?: UploadMessage }): Promise<string>;
  /**
   * A URL for each part, in the order given; a request with another number of bytes is answered 403. Throws
   * `InvalidUploadError`.
   */
  presignParts(
    key: string,
    uploadId: string,
    parts: readonly PartToPut[],
    expiresInSeconds: number,
  ): Promise<readonly string[]>;
  /** For how long a URL that is presigned now is valid: so long, or until the credentials end that sign it. */
  presignedSeconds(wantedSeconds: number): Promise<number>;
  /** Puts a part itself, in place of an earlier one of that number; resolves with its etag. Throws `InvalidUploadError`. */
  putPart(key: string, uploadId: string, part: number, body: Uint8Array): Promise<string>;
  /** The parts that are put, by number. Throws `NoSuchUploadError`. */
  listParts(key: string, uploadId: string): Promise<readonly StoredPart[]>;
  completeUpload(key: string, uploadId: string, parts: readonly UploadPart[]): Promise<BlobInfo>;
  abortUpload(key: string, uploadId: string): Promise<void>;
  /** Of so many parts, each of which comes within `seconds`. Absent where nobody sees parts before they are joined. */
  followUpload?(
    key: string,
    uploadId: string,
    expected: { readonly parts: number; readonly seconds: number },
  ): FollowedUpload;
}

/** A place for files that nobody but the platform reads or writes. */
export type BlobsWithoutUrls = Pick<Blobs, 'put' | 'head' | 'get' | 'delete' | 'list'>;

export const BUCKETS = ['datasets', 'artifacts', 'backups'] as const;

export type BucketName = (typeof BUCKETS)[number];

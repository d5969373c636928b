import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '#domain/canonical-json.ts';
import { BUCKETS, type BucketName } from '#domain/ports/blobs/port.ts';

/** The path of all presigned URLs begins with this. */
export const PRESIGNED_PATH = '/-/blobs/';

/** What a URL permits. */
export type Grant =
  | {
      readonly method: 'GET';
      readonly bucket: BucketName;
      readonly key: string;
      readonly filename?: string;
      readonly contentType?: string;
    }
  | {
      readonly method: 'PUT';
      readonly bucket: BucketName;
      readonly key: string;
      readonly upload: string;
      readonly part: number;
      /** The exact number. */
      readonly bytes: number;
    };

/** Why a URL is refused: it is not one of ours, has expired, or was altered. */
export type Refusal = 'malformed' | 'expired' | 'forged';

/**
 * URLs that carry their permission, signed by an HMAC-SHA256 over everything that they grant. The key never leaves the
 * folder.
 */
export class PresignedUrls {
  readonly #key: Uint8Array;
  readonly #baseUrl: () => string;
  readonly #now: () => number;

  constructor(key: Uint8Array, baseUrl: () => string, now: () => number) {
    this.#key = key;
    this.#baseUrl = baseUrl;
    this.#now = now;
  }

  make(grant: Grant, expiresInSeconds: number): string {
    const expires = Math.floor(this.#now() / 1000 + expiresInSeconds);
    const query = new URLSearchParams();
    for (const name of ['filename', 'contentType'] as const) {
      if (grant.method === 'GET' && grant[name] !== undefined) query.set(name, grant[name]);
    }
    if (grant.method === 'PUT') {
      query.set('upload', grant.upload);
      query.set('part', String(grant.part));
      query.set('bytes', String(grant.bytes));
    }
    query.set('expires', String(expires));
    query.set('signature', this.#sign(grant, expires));
    // The tilde keeps clients from resolving `.` and `..` as path segments.
    const path = `${PRESIGNED_PATH}${grant.bucket}/~${encodeURIComponent(grant.key)}`;
    return `${this.#baseUrl().replace(/\/$/, '')}${path}?${query}`;
  }

  /** What a request's target (path and query) grants; GET includes HEAD. */
  verify(method: string, target: string): Grant | Refusal {
    const match = /^\/-\/blobs\/([a-z]+)\/~([^/?]+)\?(.*)$/.exec(target);
    const bucket = BUCKETS.find((name) => name === match?.[1]);
    const key = decoded(match?.[2]);
    if (match === null || bucket === undefined || key === undefined) return 'malformed';
    const query = new URLSearchParams(match[3]);
    const grant = method === 'PUT' ? putGrant(bucket, key, query) : getGrant(bucket, key, query);
    const expires = Number(query.get('expires'));
    if (!this.#isSigned(grant, expires, query.get('signature') ?? '')) return 'forged';
    return expires * 1000 > this.#now() ? grant : 'expired';
  }

  #isSigned(grant: Grant, expires: number, signature: string): boolean {
    const expected = Buffer.from(this.#sign(grant, expires));
    const received = Buffer.from(signature);
    return expected.length === received.length && timingSafeEqual(expected, received);
  }

  #sign(grant: Grant, expires: number): string {
    return createHmac('sha256', this.#key)
      .update(canonicalJson({ ...grant, expires }))
      .digest('base64url');
  }
}

function getGrant(bucket: BucketName, key: string, query: URLSearchParams): Grant {
  const filename = query.get('filename');
  const contentType = query.get('contentType');
  return {
    method: 'GET',
    bucket,
    key,
    ...(filename === null ? {} : { filename }),
    ...(contentType === null ? {} : { contentType }),
  };
}

const putGrant = (bucket: BucketName, key: string, query: URLSearchParams): Grant => ({
  method: 'PUT',
  bucket,
  key,
  upload: query.get('upload') ?? '',
  part: Number(query.get('part')),
  bytes: Number(query.get('bytes')),
});

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

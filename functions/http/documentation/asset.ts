/** A file that browsers cache, with its hash as the ETag, compressed for those that can unpack it. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { z } from 'zod';
import type { Content, Headers } from '../reply.ts';

export interface Asset {
  readonly contentType: string;
  readonly body: string | Uint8Array;
  readonly etag: string;
  /** What it is packed with gzip, once; `undefined` where that does not pay. */
  readonly packed: () => Promise<Uint8Array | undefined>;
}

/** Less is not worth the header. */
const LEAST_PACKED = 1024;
const TEXT = /^(text\/|application\/json)/;

export function makeAsset(contentType: string, body: string | Uint8Array): Asset {
  let packed: Promise<Uint8Array> | undefined;
  return {
    contentType,
    body,
    etag: createHash('sha256').update(body).digest('base64url'),
    packed: async () => {
      if (!TEXT.test(contentType) || body.length < LEAST_PACKED) return undefined;
      packed ??= promisify(gzip)(body);
      return packed;
    },
  };
}

export const conditional = z.object({
  'if-none-match': z.string().optional(),
  'accept-encoding': z.string().optional(),
});

export const assetResponses = {
  200: { description: 'The file', content: 'text/html' },
  304: { description: 'Not modified' },
} as const;

type AssetReply =
  | { readonly status: 200; readonly headers: Headers; readonly body: Content }
  | { readonly status: 304; readonly headers: Headers };

/** `maxAge` in seconds: how long a browser need not revalidate. */
export async function serveAsset(
  asset: Asset,
  given: z.output<typeof conditional>,
  maxAge: number,
): Promise<AssetReply> {
  const packed = takesGzip(given['accept-encoding']) ? await asset.packed() : undefined;
  // Packed or not, these are different bytes: each has an ETag of its own (RFC 9110, 8.8.3).
  const etag = packed ? `"${asset.etag}-gzip"` : `"${asset.etag}"`;
  const headers = {
    ETag: etag,
    'Cache-Control': `public, max-age=${maxAge}`,
    'Content-Type': asset.contentType,
    Vary: 'Accept-Encoding',
    ...(packed ? { 'Content-Encoding': 'gzip' } : {}),
  };
  const known = given['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  if (known.includes(etag) || known.includes('*')) {
    const { 'Content-Encoding': _, ...rest } = headers;
    return { status: 304, headers: rest };
  }
  return { status: 200, headers, body: packed ?? asset.body };
}

/** Whether gzip is among the codings, and not with the weight 0. */
function takesGzip(header = ''): boolean {
  return header.split(',').some((one) => {
    const [coding = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    return (coding === 'gzip' || coding === '*') && Number(weight ?? 1) > 0;
  });
}

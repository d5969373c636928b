/** A file that browsers cache, with its hash as the ETag. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Content, Headers } from '../reply.ts';

export interface Asset {
  readonly contentType: string;
  readonly body: string | Uint8Array;
  readonly etag: string;
}

export const makeAsset = (contentType: string, body: string | Uint8Array): Asset => ({
  contentType,
  body,
  etag: `"${createHash('sha256').update(body).digest('base64url')}"`,
});

export const conditional = z.object({ 'if-none-match': z.string().optional() });

export const assetResponses = {
  200: { description: 'The file', content: 'text/html' },
  304: { description: 'Not modified' },
} as const;

type AssetReply =
  | { readonly status: 200; readonly headers: Headers; readonly body: Content }
  | { readonly status: 304; readonly headers: Headers };

/** `maxAge` in seconds: how long a browser need not revalidate. */
export function serveAsset(asset: Asset, given: z.output<typeof conditional>, maxAge: number): AssetReply {
  const headers = {
    ETag: asset.etag,
    'Cache-Control': maxAge === 0 ? 'no-cache' : `public, max-age=${maxAge}`,
    'Content-Type': asset.contentType,
  };
  const known = given['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  if (known.includes(asset.etag) || known.includes('*')) return { status: 304, headers };
  return { status: 200, headers, body: asset.body };
}

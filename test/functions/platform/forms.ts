/** `multipart/form-data` bodies, as clients write them. */
import type { Call } from './harness.ts';

export const BOUNDARY = 'boundary-of-the-test';

export interface Part {
  readonly name: string;
  readonly value: string | Uint8Array;
  readonly filename?: string;
  readonly contentType?: string;
}

export function formBytes(parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap(({ name, value, filename, contentType }) => {
    const disposition = `Content-Disposition: form-data; name="${name}"${filename === undefined ? '' : `; filename="${filename}"`}`;
    const type = contentType === undefined ? '' : `\r\nContent-Type: ${contentType}`;
    return [Buffer.from(`--${BOUNDARY}\r\n${disposition}${type}\r\n\r\n`), Buffer.from(value), Buffer.from('\r\n')];
  });
  return Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

export const csvFile = (value: string | Uint8Array, filename = 'data.csv'): Part => ({
  name: 'file',
  value,
  filename,
  contentType: 'text/csv',
});

/** An upload, the file first, as the specification's clients send it. */
export function uploadOf(token: string, parts: readonly Part[], bytes: Uint8Array = formBytes(parts)): Call {
  return {
    method: 'POST',
    path: '/datasets/upload',
    token,
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    raw: bytes,
  };
}

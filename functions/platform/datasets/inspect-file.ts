import { ValidationError } from '#domain/errors.ts';
import type { UploadedFile } from '#functions/http/body/multipart.ts';
import { inspectCsvHead } from '#learning/csv/inspect.ts';
import { HEAD_BYTES } from '#learning/csv/read.ts';

/**
 * Throws `ValidationError` for what can be told from the beginning not to be a CSV file. The rest is looked at when it
 * is processed.
 */
export function inspectFile({ name, contentType, bytes }: UploadedFile): void {
  const kind = OTHER_KINDS.find(([, types, extension]) => types.includes(contentType) || extension.test(name));
  if (kind) {
    throw ValidationError.of('file', `must be a CSV file (JSON and ZIP are not read yet); got ${kind[0]}`);
  }
  const head = bytes.subarray(0, HEAD_BYTES);
  inspectCsvHead(head, head.length === bytes.length);
}

/** What the document names besides CSV, as clients announce it. */
const OTHER_KINDS: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['JSON', ['application/json'], /\.json$/i],
  ['ZIP', ['application/zip', 'application/x-zip-compressed'], /\.zip$/i],
];

import { ValidationError } from '#domain/errors.ts';
import { firstBytes } from '#functions/http/body/first-bytes.ts';
import type { UploadedFile } from '#functions/http/body/multipart.ts';
import { inspectCsvHead } from '#learning/csv/inspect.ts';
import { HEAD_BYTES } from '#learning/csv/read.ts';

/**
 * Throws `ValidationError` if the beginning shows that it is not a CSV file. Processing checks the rest.
 */
export async function inspectFile({ name, contentType, size, read }: UploadedFile): Promise<void> {
  const kind = OTHER_KINDS.find(([, types, extension]) => types.includes(contentType) || extension.test(name));
  if (kind) {
    throw ValidationError.of('file', `must be a CSV file (JSON and ZIP are not read yet); got ${kind[0]}`);
  }
  const head = await firstBytes(read(), HEAD_BYTES);
  inspectCsvHead(head, head.length === size);
}

/** The other formats of the specification, by content type and file extension. */
const OTHER_KINDS: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['JSON', ['application/json'], /\.json$/i],
  ['ZIP', ['application/zip', 'application/x-zip-compressed'], /\.zip$/i],
];

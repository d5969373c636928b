import type { ParsingOptions } from '#domain/datasets/parsing-options.ts';
import { ValidationError } from '#domain/errors.ts';
import { firstBytes } from '#functions/http/body/first-bytes.ts';
import type { UploadedFile } from '#functions/http/body/multipart.ts';
import { HEAD_BYTES } from '#learning/csv/read.ts';
import { isArchive } from '#learning/files/archive.ts';
import { type Beginning, inspectBeginning } from '#learning/preview.ts';

/** What is said about a file beside its bytes. */
export interface Given {
  readonly parsing: ParsingOptions;
  readonly target?: string | undefined;
}

/**
 * Throws `ValidationError` if the beginning shows that it is not such a CSV file. Processing checks the rest.
 */
export async function inspectFile(file: UploadedFile, given: Given): Promise<void> {
  inspectBeginning(await beginningOf(file), given);
}

/** Throws `ValidationError` for a file that is called one of another format. */
export async function beginningOf({ name, contentType, size, read }: UploadedFile): Promise<Beginning> {
  const bytes = await firstBytes(read(), HEAD_BYTES);
  const kind = OTHER_KINDS.find(([, types, extension]) => types.includes(contentType) || extension.test(name));
  if (kind && !isArchive(bytes)) {
    throw ValidationError.of('file', `must be a CSV file, or a ZIP of images (JSON is not read yet); got ${kind[0]}`);
  }
  return { bytes, whole: bytes.length === size };
}

/** The other formats of the specification, by content type and file extension. */
const OTHER_KINDS: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['JSON', ['application/json'], /\.json$/i],
  ['ZIP', ['application/zip', 'application/x-zip-compressed'], /\.zip$/i],
];

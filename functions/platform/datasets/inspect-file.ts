import type { StoredFormat } from '#domain/datasets/file-format.ts';
import type { ParsingOptions } from '#domain/datasets/parsing-options.ts';
import type { Task } from '#domain/datasets/profile.ts';
import type { UploadedFile } from '#functions/http/body/multipart.ts';
import type { FileBytes } from '#learning/files/file-bytes.ts';
import { storedFormat } from '#learning/files/format.ts';
import { expectReadable, inspectBeginning } from '#learning/preview.ts';

/** What is said about a file beside its bytes. */
export interface Given {
  readonly parsing: ParsingOptions;
  readonly target?: string | undefined;
  readonly task: Task | 'auto';
}

/**
 * The format that the beginning shows, as far as it does. Throws `ValidationError` if it is no table, and of images for what
 * the ZIP's directory shows; of a file that is not longer than that, also if it cannot be learned from. Processing checks the
 * rest.
 */
export async function inspectFile(file: FileBytes, given: Given): Promise<Partial<StoredFormat>> {
  const head = await inspectBeginning(file, given);
  if (head === undefined) return {};
  expectReadable(head, given);
  return storedFormat(head);
}

/** A file of a form, of which any part can be read. */
export const bytesOf = ({ size, read }: UploadedFile): FileBytes => ({
  size,
  async range(start, end) {
    const parts: Uint8Array[] = [];
    let at = 0;
    for await (const chunk of read()) {
      if (at + chunk.length > start) parts.push(chunk.subarray(Math.max(0, start - at), end - at));
      at += chunk.length;
      if (at >= end) break;
    }
    return Buffer.concat(parts);
  },
  [Symbol.asyncIterator]: () => read()[Symbol.asyncIterator](),
});

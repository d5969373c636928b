/** Files of which the beginning does not show what they hold: a ZIP has its directory at the end. */
import { ValidationError } from '#domain/errors.ts';
import { fileFault } from '../csv/fault.ts';
import type { FileBytes } from './file-bytes.ts';
import { isNpy } from './npy.ts';

export const isZip = (head: Uint8Array): boolean => {
  const signature = Buffer.from(head.subarray(0, 4)).toString('latin1');
  return signature === 'PK\x03\x04' || signature === 'PK\x05\x06';
};

/** Whether it is looked into when it is processed, and not before. */
export const isArchive = (head: Uint8Array): boolean => isZip(head) || isNpy(head);

const ZIP_END = { bytes: 22, signature: Buffer.from('PK\x05\x06', 'latin1') } as const;

/** A ZIP with other bytes before it, as programs that unpack themselves are, is no text; what is said of that helps nobody. */
export async function explained(error: unknown, file: AsyncIterable<Uint8Array> | FileBytes): Promise<unknown> {
  if (!(error instanceof ValidationError) || !('range' in file) || file.size < ZIP_END.bytes) return error;
  const end = Buffer.from(await file.range(file.size - ZIP_END.bytes, file.size));
  if (!end.subarray(0, ZIP_END.signature.length).equals(ZIP_END.signature)) return error;
  return fileFault('must begin with its data; got a ZIP archive with other bytes before it: upload the archive alone');
}

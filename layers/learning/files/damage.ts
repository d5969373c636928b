/** A file that cannot be read may be damaged where it is stored: then that is the reason, before what its parser says. */
import { createHash } from 'node:crypto';
import { REMEDY } from './file-bytes.ts';

/**
 * What to say of a file whose bytes do not have this SHA-256, as they had when it was read first; `undefined` if they have.
 * Reads all of it. Throws what the store throws.
 */
export async function damageOf(file: AsyncIterable<Uint8Array>, expected: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  for await (const chunk of file) hash.update(chunk);
  const found = hash.digest('hex');
  return found === expected ? undefined : damage(found, expected);
}

export const damage = (found: string, expected: string): string =>
  `The stored file is damaged (SHA-256 ${found}, expected ${expected}). ${REMEDY}`;

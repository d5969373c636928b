/**
 * The proof that the platform has made an archive itself: something that only its key opens, bound to the account, the
 * model of the platform and the bytes of the archive. A record says whatever was restored into it; this it cannot say.
 */
import type { EncryptionContext, Keys } from '#domain/ports/keys/port.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import { IntegrityError } from '#vault/errors.ts';
import { newDataKey, unwrap, type WrappedKey, wrappedKey, wrapWithPlatform } from '#vault/wrapping/wrap.ts';

interface Archive {
  readonly account_id: string;
  readonly archive_of: string;
  readonly sha256: string;
}

export const proofOf = (keys: Keys, of: Archive): Promise<WrappedKey> =>
  wrapWithPlatform(newDataKey(), keys, contextOf(of));

/** Whether the platform has made what the record has. */
export async function isProven(
  keys: Keys,
  { account_id, archive_of, archive_proof, sha256 }: Pick<StoredModel, keyof Archive | 'archive_proof'>,
): Promise<boolean> {
  const proof = wrappedKey.safeParse(archive_proof);
  if (archive_of === undefined || !proof.success || proof.data.derivation.algorithm !== 'platform') return false;
  try {
    await unwrap(proof.data, { keys }, contextOf({ account_id, archive_of, sha256 }));
    return true;
  } catch (error) {
    if (error instanceof IntegrityError) return false;
    throw error;
  }
}

const contextOf = ({ account_id, archive_of, sha256 }: Archive): EncryptionContext => ({
  'trainyard:account': account_id,
  'trainyard:archive-of': archive_of,
  'trainyard:sha256': sha256,
});

/** The files of a model: its own, and where there is one, its version with weights of 8 bits. */
import { blobKeys } from '../blob-keys.ts';
import type { StoredModel } from './model.ts';

export const VARIANTS = ['original', 'int8'] as const;
export type Variant = (typeof VARIANTS)[number];

/** A file that is stored for a model: what opens it, and what it has to be then. */
export type StoredFile = Pick<
  StoredModel,
  'account_id' | 'manager_id' | 'name' | 'size' | 'sha256' | 'compressed' | 'digests' | 'encryption'
> & { readonly variant: Variant; readonly blob: string };

/** Under the same key, in another context: a file that takes the place of the other does not open. */
export const revisionOf = (revision: string, variant: Variant): string =>
  variant === 'original' ? revision : `${revision}/${variant}`;

const blobOf = {
  original: blobKeys.vaultFile,
  int8: blobKeys.vaultInt8,
} as const satisfies Record<Variant, unknown>;

/** Where a file of a revision is. */
export const fileOf = (
  { account_id, vault, revision }: Pick<StoredModel, 'account_id' | 'vault' | 'revision'>,
  variant: Variant,
): string => blobOf[variant](account_id, vault, revision);

/** `undefined` for a version that the model does not have. */
export function storedFile(model: StoredModel, variant: Variant): StoredFile | undefined {
  const { account_id, manager_id, name, size, sha256, compressed, digests, encryption, int8 } = model;
  const about = { account_id, manager_id, name, variant, blob: fileOf(model, variant) };
  if (variant === 'original') return { ...about, size, sha256, compressed, digests, encryption };
  if (int8 === undefined) return undefined;
  const { difference: _, ...file } = int8;
  const sealed_for = encryption && {
    ...encryption.sealed_for,
    revision: revisionOf(encryption.sealed_for.revision, variant),
  };
  return { ...about, ...file, encryption: encryption && sealed_for && { ...encryption, sealed_for } };
}

/** All that it has, the model's own first. */
export const storedFiles = (model: StoredModel): readonly StoredFile[] =>
  VARIANTS.flatMap((variant) => storedFile(model, variant) ?? []);

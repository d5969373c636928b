/** From the bytes of a model to a stored file, and back. The crypto is `layers/vault`'s. */
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { z } from 'zod';
import { InternalError, UnprocessableError } from '#domain/errors.ts';
import type { MessageFrames } from '#domain/ports/blobs/port.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import type { Keys } from '#domain/ports/keys/port.ts';
import { StoredDataError, WrongPasswordError } from '#domain/vault/errors.ts';
import type { ManagerConfig } from '#domain/vault/manager.ts';
import type { Encryption, SealedFor, StoredModel } from '#domain/vault/model.ts';
import { encryptionContext } from '#vault/context.ts';
import { ALGORITHMS, type Algorithm } from '#vault/encryption/algorithms.ts';
import type { CipherOptions } from '#vault/encryption/cipher.ts';
import { open, verify } from '#vault/encryption/open.ts';
import { type Digests, seal } from '#vault/encryption/seal.ts';
import { PasswordRequiredError, WrongPasswordError as RefusedPasswordError } from '#vault/errors.ts';
import { derivationOf } from '#vault/wrapping/derivation.ts';
import { addPlatformLayer, layeredKey, removePlatformLayer } from '#vault/wrapping/platform-layer.ts';
import {
  newDataKey,
  unwrap,
  type WrappedKey,
  wrappedKey,
  wrapWithPassword,
  wrapWithPlatform,
} from '#vault/wrapping/wrap.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** A file that gets hardly smaller is stored as it is. */
const WORTHWHILE = 0.95;

export interface Packed {
  readonly bytes: Uint8Array;
  readonly compressed: boolean;
}

/** Compressed before it is encrypted: nothing compresses after. */
export async function pack(bytes: Uint8Array): Promise<Packed> {
  const smaller = await compress(bytes);
  return smaller.length <= bytes.length * WORTHWHILE
    ? { bytes: smaller, compressed: true }
    : { bytes, compressed: false };
}

export const unpack = async ({ bytes, compressed }: Packed, size: number): Promise<Uint8Array> =>
  compressed ? decompress(bytes, { maxOutputLength: Math.max(1, size) }) : bytes;

/** The key of a model's files, and what its record has of it. */
export interface Sealing {
  readonly key: Uint8Array;
  readonly encryption: Encryption;
}

export interface SealedFile extends Sealing {
  readonly ciphertext: AsyncIterable<Uint8Array>;
  readonly digests: () => Digests;
}

/** A new key, which the password wraps, or the platform's key where there is none. */
export async function newSealing(
  sealedFor: SealedFor,
  config: ManagerConfig,
  secrets: { readonly password: string | undefined; readonly keys: Keys },
): Promise<Sealing> {
  const key = newDataKey();
  const wrapped = await wrapKey(key, sealedFor, config, secrets);
  return { key, encryption: { algorithm: config.encryption_algorithm, ...wrapped, sealed_for: sealedFor } };
}

/** Encrypts under a new key. */
export async function sealFile(
  packed: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  sealedFor: SealedFor,
  config: ManagerConfig,
  secrets: { readonly password: string | undefined; readonly keys: Keys },
): Promise<SealedFile> {
  const sealing = await newSealing(sealedFor, config, secrets);
  return { ...sealing, ...sealUnder(packed, sealing) };
}

export const sealUnder = (
  packed: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { key, encryption }: Sealing,
  size?: number,
) => seal(packed, { algorithm: algorithmOf(encryption), key, context: encryptionContext(encryption.sealed_for) }, size);

/** The key as a record stores it: one that a password wraps is within a layer of the platform's. */
export async function wrapKey(
  key: Uint8Array,
  sealedFor: SealedFor,
  config: ManagerConfig,
  { password, keys }: { readonly password: string | undefined; readonly keys: Keys },
): Promise<Pick<Encryption, 'key_derivation' | 'wrapped_key'>> {
  const context = encryptionContext(sealedFor);
  if (password === undefined) {
    return { key_derivation: 'platform', wrapped_key: await wrapWithPlatform(key, keys, context) };
  }
  const derivation = derivationOf(config);
  const inner = await wrapWithPassword(key, password, derivation, context);
  return { key_derivation: derivation.algorithm, wrapped_key: await addPlatformLayer(inner, keys, context) };
}

/**
 * The key of a model. Throws `WrongPasswordError`, and `StoredDataError` if what is stored was changed or belongs to
 * another model.
 */
export async function openKey(
  model: Pick<StoredModel, 'account_id' | 'manager_id' | 'name'>,
  encryption: Encryption,
  { password, keys }: { readonly password: string | undefined; readonly keys: Keys },
): Promise<Uint8Array> {
  const { sealed_for: sealedFor } = encryption;
  const facts = factsOf(model);
  const isOwn =
    sealedFor.accountId === model.account_id &&
    sealedFor.managerId === model.manager_id &&
    sealedFor.modelName === model.name;
  if (!isOwn) throw new StoredDataError('The stored model belongs to another one', facts);
  try {
    const context = encryptionContext(sealedFor);
    return await unwrap(await innerKey(encryption, keys, context), { password, keys }, context);
  } catch (error) {
    throw translated(error, facts);
  }
}

/** A wrapped key as a record has it. */
export const storedKey = z.union([layeredKey, wrappedKey]);

/**
 * Whether nobody but the platform can have made what this key encrypts: it is wrapped under the platform's key, alone or
 * around the password's. To be asked of a key that has opened.
 */
export function isOfPlatform({ wrapped_key }: Pick<Encryption, 'wrapped_key'>): boolean {
  const stored = storedKey.safeParse(wrapped_key);
  return stored.success && ('holds' in stored.data || stored.data.derivation.algorithm === 'platform');
}

export async function innerKey(
  { wrapped_key }: Encryption,
  keys: Keys,
  context: ReturnType<typeof encryptionContext>,
): Promise<WrappedKey> {
  const stored = storedKey.safeParse(wrapped_key);
  if (!stored.success) throw new UnprocessableError('The stored key is not in a format of this version');
  return 'holds' in stored.data ? removePlatformLayer(stored.data, keys, context) : stored.data;
}

/** Whether a password is needed to open it. */
export const needsPassword = ({ encryption }: StoredModel): boolean =>
  encryption !== undefined && encryption.key_derivation !== 'platform';

/** The stored file as it was before it was encrypted; only the end says that nothing of it was changed. */
export async function* openFile(
  model: Pick<StoredModel, 'manager_id' | 'name' | 'encryption' | 'digests'>,
  stored: AsyncIterable<Uint8Array>,
  key: Uint8Array,
  options?: CipherOptions,
): AsyncGenerator<Uint8Array> {
  const { encryption, digests } = model;
  if (encryption === undefined) throw new InternalError('a model that is stored plainly has no key');
  const algorithm = algorithmOf(encryption);
  try {
    yield* open(stored, { algorithm, key, context: encryptionContext(encryption.sealed_for) }, digests, options);
  } catch (error) {
    throw translated(error, factsOf(model));
  }
}

/** Verifies a stored file of AES-256-GCM to its end. Resolves with what opens it frame by frame. */
export async function verifyFile(
  model: Pick<StoredModel, 'manager_id' | 'name' | 'encryption' | 'digests'>,
  stored: AsyncIterable<Uint8Array>,
  key: Uint8Array,
): Promise<MessageFrames> {
  const { encryption, digests } = model;
  if (encryption === undefined) throw new InternalError('a model that is stored plainly has no key');
  try {
    return await verify(stored, { key, context: encryptionContext(encryption.sealed_for) }, digests);
  } catch (error) {
    throw translated(error, factsOf(model));
  }
}

export function algorithmOf({ algorithm }: Encryption): Algorithm {
  const known = ALGORITHMS.find((one) => one === algorithm);
  if (known === undefined) throw new UnprocessableError('The stored file is in a format of another version');
  return known;
}

export const factsOf = ({ manager_id, name }: Pick<StoredModel, 'manager_id' | 'name'>) => ({
  manager_id,
  model_name: name,
});

/** The vault's own errors, which name the model. */
export function translated(error: unknown, facts: { readonly [name: string]: string }): unknown {
  if (error instanceof RefusedPasswordError || error instanceof PasswordRequiredError) {
    return new WrongPasswordError(facts, error.message);
  }
  if (error instanceof UnprocessableError) return new StoredDataError(error.message, facts);
  if (error instanceof BlobNotFoundError) return new StoredDataError('The stored file is missing', facts);
  return error;
}

/** All bytes of a stream that is known to be small. */
export async function collected(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

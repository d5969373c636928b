/**
 * A model of a manifest that nothing vouches for: whoever may upload an archive has written it. Each field is what a save
 * would have taken, or what this program makes of it.
 */
import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { type BackedUpModel, backedUpModel } from '#domain/vault/backup.ts';
import { familyOf, storedModel, versionOf } from '#domain/vault/model.ts';
import { modelName } from '#domain/vault/names.ts';
import { ALGORITHMS } from '#vault/encryption/algorithms.ts';
import { metadataRequest } from '../models/fields.ts';
import { storedKey } from '../models/seal.ts';
import { firstOf, ManifestError } from './parse-manifest.ts';

/** A model in parts has at most 5 GB, and what is compressed or encrypted hardly more. */
const MOST_BYTES = 5_500_000_000;
const SIGNATURE_BYTES = 65_536;
const MOST_SCALES = 100;

const bytes = z.int().min(0).max(MOST_BYTES);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal');
const digest = z.strictObject({ sha256, bytes });
const digests = z.strictObject({ plaintext: digest, ciphertext: digest });
/** An id, or a name that an earlier version made of one. */
const id = z.string().regex(/^[A-Za-z0-9_/-]{1,200}$/, 'must be an id');
/** Of a model, or of a backup and a model. */
const name = z
  .string()
  .min(1)
  .max(3 * LIMITS.vault.name);
const sealedFor = z.strictObject({ accountId: id, managerId: name, modelName: name, revision: id });

function metadataFault(value: unknown): string | undefined {
  try {
    const found = metadataRequest.safeParse(value);
    return found.success ? undefined : firstOf(found.error);
  } catch (error) {
    if (error instanceof RangeError) return 'must not be nested so deeply';
    throw error;
  }
}

const file = z.object({ size: bytes, sha256, compressed: z.boolean(), digests });

const model = z.object({
  ...storedModel.shape,
  ...file.shape,
  id,
  name: modelName,
  metadata: storedModel.shape.metadata.superRefine((value, context) => {
    const fault = metadataFault(value);
    if (fault !== undefined) context.addIssue(fault);
  }),
  // Earlier versions took more of them than a save does now.
  tags: z.array(z.string().regex(/^\P{Cc}{1,128}$/u, 'must have no control characters')).max(LIMITS.vault.tags),
  encryption: z
    .strictObject({
      algorithm: z.enum(ALGORITHMS),
      key_derivation: z.enum(['scrypt', 'pbkdf2', 'argon2id', 'platform']),
      wrapped_key: storedKey,
      sealed_for: sealedFor,
    })
    .optional(),
  int8: file
    .extend({
      difference: storedModel.shape.int8.unwrap().shape.difference.extend({
        samples: z.int().min(0),
        scales: z.array(z.number()).max(MOST_SCALES).optional(),
      }),
    })
    .optional(),
  signature: z
    .json()
    .refine((value) => JSON.stringify(value).length <= SIGNATURE_BYTES, `must have at most ${SIGNATURE_BYTES} bytes`)
    .optional(),
  created_at: z.iso.datetime(),
});

const held = z.object({
  content: z.string().regex(/^[A-Za-z0-9_-]{1,200}$/, 'must be a SHA-256 in hexadecimal'),
  bytes,
  sealed: z.object({ key: z.base64().max(64), digests, sealed_for: sealedFor.optional() }).optional(),
});
const outside = backedUpModel.extend({ ...held.shape, model, int8: held.optional() });

/** Throws `ManifestError`. */
export function outsideModel(json: unknown, where: string): BackedUpModel {
  const found = outside.safeParse(json);
  if (!found.success) throw new ManifestError(`${where}.${firstOf(found.error)}`);
  const { model } = found.data;
  for (const [of, path] of [
    [model, 'model'],
    [model.int8, 'model.int8'],
  ] as const) {
    if (of && !of.compressed && (of.digests.plaintext.bytes !== of.size || of.digests.plaintext.sha256 !== of.sha256))
      throw new ManifestError(`${where}.${path}.digests must be of the ${of.size} bytes that were saved`);
  }
  const { family } = familyOf(model.name);
  return { ...found.data, model: { ...model, family, version: versionOf(model.name, model.metadata) } };
}

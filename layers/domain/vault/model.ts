/** A model in the vault: the record of its current revision, or of an earlier one. */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import type { Item, Json, Key } from '../ports/table/port.ts';
import { itemOf } from './item.ts';

const digest = z.object({ sha256: z.string(), bytes: z.int() });

/** Under what a file and its key were encrypted, which stays as it was wherever the file is copied to. */
export const sealedFor = z.object({
  accountId: z.string(),
  managerId: z.string(),
  modelName: z.string(),
  revision: z.string(),
});

export const encryption = z.object({
  algorithm: z.string(),
  /** `scrypt`, `pbkdf2`, `argon2id` or `platform`. */
  key_derivation: z.string(),
  /** As `#vault/wrapping` makes it: nothing in it is secret without the password or the platform's key. */
  wrapped_key: z.json(),
  sealed_for: sealedFor,
});
export type Encryption = z.infer<typeof encryption>;

export type Metadata = { readonly [name: string]: Json };

export const storedModel = z.object({
  /** `model_` and an id; the same for all revisions of a name. */
  id: z.string(),
  name: z.string(),
  account_id: z.string(),
  manager_id: z.string(),
  vault: z.string(),
  /** Another one for each save. */
  revision: z.string(),
  family: z.string(),
  version: z.string(),
  /** Stored as text: it may have numbers and names that an item may not. */
  metadata: z.string().transform((text, context): Metadata => {
    try {
      return JSON.parse(text) as Metadata;
    } catch {
      context.addIssue('must be JSON');
      return z.NEVER;
    }
  }),
  tags: z.array(z.string()),
  /** Of the bytes that were saved. */
  size: z.int(),
  sha256: z.string(),
  compressed: z.boolean(),
  /** Of what was stored, before encryption and after; both the same for a model that is stored plainly. */
  digests: z.object({ plaintext: digest, ciphertext: digest }),
  /** Missing for a model that is stored plainly. */
  encryption: encryption.optional(),
  /** Its version with weights of 8 bits, which is stored beside it under the same key. */
  int8: z
    .object({
      size: z.int(),
      sha256: z.string(),
      compressed: z.boolean(),
      digests: z.object({ plaintext: digest, ciphertext: digest }),
      /** How far its outputs differ from the model's. */
      difference: z.object({
        largest: z.number(),
        mean: z.number(),
        range: z.tuple([z.number(), z.number()]),
        samples: z.int(),
        /** Of the inputs; absent in a version of an earlier release, whose inputs had the scale 1. */
        scales: z.array(z.number()).optional(),
      }),
    })
    .optional(),
  /** As `#vault/signatures` makes it. */
  signature: z.json().optional(),
  /** What unpickling it would import, if it is a pickle or holds one. */
  pickle: z.object({ imports: z.array(z.string()), dangerous: z.array(z.string()), complete: z.boolean() }).optional(),
  /** The upload in parts that it came from: what completes that again after a crash finds it. */
  upload: z.string().optional(),
  /** The platform's model whose files it holds as an archive: the platform made it, whatever the metadata say. */
  archive_of: z.string().optional(),
  /** By the platform's key that this is so; copies of earlier versions have none. See `functions/manager/models/platform-copy/proof.ts`. */
  archive_proof: z.json().optional(),
  created_at: z.string(),
  modified_at: z.string(),
  saved_by: z.string(),
});
export type StoredModel = z.infer<typeof storedModel>;
export type SealedFor = z.infer<typeof sealedFor>;

type More = Pick<Item, 'expiresAt'> & { readonly counted_bytes?: number };

export const itemOfModel = (key: Key, model: StoredModel, more: More = {}): Item =>
  itemOf(key, { ...model, metadata: JSON.stringify(model.metadata), ...more });

const SEPARATORS = '._-';
const VERSION = /^\d[A-Za-z0-9.+-]*$/;

/** `classifier_v2.1` is version 2.1 of the family `classifier`; any other name is a family of its own. */
export function familyOf(name: string): { readonly family: string; readonly version?: string } {
  for (let at = name.lastIndexOf('v'); at > 1; at = name.lastIndexOf('v', at - 1)) {
    const version = name.slice(at + 1);
    if (SEPARATORS.includes(name[at - 1]!) && VERSION.test(version)) return { family: name.slice(0, at - 1), version };
  }
  return { family: name };
}

const FIRST_VERSION = '1.0.0';

/** Of a version, which is compared with others. */
export const VERSION_CHARACTERS = 128;

/** What the metadata says, or else the name. */
export function versionOf(name: string, metadata: Metadata): string {
  const { version } = metadata;
  if (typeof version === 'string' && version !== '') return version.slice(0, VERSION_CHARACTERS);
  return familyOf(name).version ?? FIRST_VERSION;
}

/**
 * Metrics of the metadata: numbers by name, from `performance_metrics`, no more than there is a limit of. It has no prototype:
 * a caller may ask for any name, such as `constructor`.
 */
export function metricsOf({ metadata }: Pick<StoredModel, 'metadata'>): Readonly<Record<string, number>> {
  const given = metadata.performance_metrics;
  const metrics: Record<string, number> = Object.create(null);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return metrics;
  let left: number = LIMITS.vault.metrics;
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'number' || name.length > LIMITS.vault.name) continue;
    if (left === 0) break;
    metrics[name] = value;
    left -= 1;
  }
  return metrics;
}

/** Of its training, as its author says. */
export function trainingSecondsOf({ metadata }: Pick<StoredModel, 'metadata'>): number | null {
  const seconds = metadata.training_time_seconds ?? metadata.training_time;
  return typeof seconds === 'number' ? seconds : null;
}

/** A field of the metadata, if it is text. */
export const textOf = ({ metadata }: Pick<StoredModel, 'metadata'>, field: string): string | null => {
  const value = metadata[field];
  return typeof value === 'string' ? value : null;
};

const MEGABYTE = 1_000_000;

/** Millions of bytes, as the API shows sizes. An earlier version restored sizes below 0. */
export const megabytes = (bytes: number): number => Math.max(0, bytes) / MEGABYTE;

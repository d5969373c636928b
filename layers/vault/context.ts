import { canonicalJson } from '#domain/canonical-json.ts';
import type { EncryptionContext } from '#domain/ports/keys/port.ts';

/** Which revision of which model a file or a key belongs to. */
export interface ModelContext {
  readonly accountId: string;
  readonly managerId: string;
  readonly modelName: string;
  readonly revision: string;
}

/**
 * The encryption context of a model's revision. What was encrypted under one context does not open under another, so
 * that files and keys that were swapped between models, managers or accounts do not open.
 */
export const encryptionContext = (of: ModelContext): EncryptionContext => ({
  'trainyard:account': of.accountId,
  'trainyard:manager': of.managerId,
  'trainyard:model': of.modelName,
  'trainyard:revision': of.revision,
});

/** Whose a file or a key is; of a context that names nobody, the empty text. */
export const accountOf = (context: EncryptionContext): string => context['trainyard:account'] ?? '';

/** A context as bytes: canonical, so that the order of its names does not matter. */
export const contextBytes = (context: EncryptionContext): Buffer => Buffer.from(canonicalJson(context), 'utf8');

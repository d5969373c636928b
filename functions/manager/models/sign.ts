/** Signs a model when it is saved. */
import { UnprocessableError } from '#domain/errors.ts';
import type { Keys } from '#domain/ports/keys/port.ts';
import type { StoredModel } from '#domain/vault/model.ts';

export interface SigningRequest {
  readonly sign: boolean;
  /** A private key as PEM, used and forgotten. Default: the platform's own key. */
  readonly signingKey: string | undefined;
}

export async function signatureOf(
  _keys: Keys,
  request: SigningRequest,
  _of: { readonly name: string; readonly sha256: string },
): Promise<StoredModel['signature']> {
  if (!request.sign) return undefined;
  throw new UnprocessableError('Signatures are not available yet');
}

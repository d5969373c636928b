/** The credentials of a request: an access token, or an API key in one of two headers. */
import { UnauthorizedError } from '#domain/errors.ts';
import { bearerToken } from './bearer.ts';

export type Credentials =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'key'; readonly key: string };

/** The prefix of our keys. */
export const KEY_PREFIX = 'ty_';

/** The maximum length of a key. */
const KEY_CHARACTERS = 512;

/** Whether the request has credentials, valid or not: a 401 says less where it has none. */
export const presents = (headers: Readonly<Record<string, string>>): boolean =>
  headers.authorization !== undefined || headers['x-api-key'] !== undefined;

/**
 * `undefined` if the request has none. A bearer token with three parts is an access token; any other is a key. Throws
 * `UnauthorizedError` for another scheme or format, and for two different credentials.
 */
export function credentialsOf(headers: Readonly<Record<string, string>>): Credentials | undefined {
  const bearer = bearerToken(headers);
  const key = headers['x-api-key'];
  if (bearer !== undefined && key !== undefined && bearer !== key) throw new UnauthorizedError();
  const given = key ?? bearer;
  if (given === undefined) return undefined;
  if (key === undefined && given.split('.').length === 3) return { kind: 'token', token: given };
  if (given === '' || given.length > KEY_CHARACTERS) throw new UnauthorizedError();
  return { kind: 'key', key: given };
}

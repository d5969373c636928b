/** What a request brings to say who calls: an access token, or an API key in either of two headers. */
import { UnauthorizedError } from '#domain/errors.ts';
import { bearerToken } from './bearer.ts';

export type Credentials =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'key'; readonly key: string };

/** How keys of ours begin. */
export const KEY_PREFIX = 'ty_';

/** Of a key that is looked up; whatever is longer is none. */
const KEY_CHARACTERS = 512;

/** Header fields that bring credentials: whether any came decides what a 401 says. */
export const presents = (headers: Readonly<Record<string, string>>): boolean =>
  headers.authorization !== undefined || headers['x-api-key'] !== undefined;

/**
 * `undefined` where the request brings none. A bearer token is an access token if it has the three parts of one, else a
 * key. Throws `UnauthorizedError` for another scheme or form, and for two different credentials at once.
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

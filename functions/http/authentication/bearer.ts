/** The `Authorization` header of RFC 6750. */
import { UnauthorizedError } from '#domain/errors.ts';

/** The token, or `undefined` if there is no such header. Throws `UnauthorizedError` for another scheme or form. */
export function bearerToken(headers: Readonly<Record<string, string>>): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const token = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization)?.[1];
  if (token === undefined) throw new UnauthorizedError();
  return token;
}

/** The `WWW-Authenticate` header of a 401: without an error code if no token was presented. */
export function challenge(presented: boolean): string {
  const realm = 'Bearer realm="trainyard"';
  return presented ? `${realm}, error="invalid_token", error_description="Invalid or expired token"` : realm;
}

/**
 * Access tokens: JSON Web Tokens signed with ES256 by the Keys port and verified here against its public keys, so that
 * checking one needs no call to another service.
 */
import { randomUUID } from 'node:crypto';
import { errors, importJWK, type JWTHeaderParameters, jwtVerify } from 'jose';
import { UnauthorizedError, UnavailableError } from '#domain/errors.ts';
import { isId } from '#domain/ids.ts';
import type { Keys } from '#domain/ports/keys/port.ts';
import type { Settings } from '#domain/settings.ts';
import { epochSeconds } from '#domain/times.ts';
import { VerifiedTokens } from './verified-tokens.ts';

export interface AccessToken {
  readonly accountId: string;
  readonly sessionId: string;
}

/** How often an unknown key may cause the public keys to be fetched again. */
const REFRESH_MILLISECONDS = 60_000;

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export interface AccessTokens {
  issue(of: AccessToken): Promise<string>;
  /** The same as `verify`, for one that was verified a short while ago. */
  recall(token: string): AccessToken | undefined;
  /** Throws `UnauthorizedError` unless it is a valid token of ours that has not expired. */
  verify(token: string): Promise<AccessToken>;
}

type PublicKey = Awaited<ReturnType<typeof importJWK>>;

export function makeAccessTokens(keys: Keys, settings: Settings, now: () => number): AccessTokens {
  const { issuer, audience } = settings;
  let known = new Map<string, PublicKey>();
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let fetching = Promise.resolve();
  let signer: string | undefined;
  const verified = new VerifiedTokens<AccessToken>(now);

  async function fetchKeys(): Promise<void> {
    const published = await keys.publicKeys();
    known = new Map(await Promise.all(published.map(async (jwk) => [jwk.kid, await importJWK(jwk, 'ES256')] as const)));
    signer ??= published[0]?.kid;
  }

  /** Once for all who need them at the same time. */
  function refreshKeys(): Promise<void> {
    fetchedAt = now();
    fetching = fetchKeys().catch((cause: unknown) => {
      // The next request tries again at once: for want of a key, no valid token is refused.
      fetchedAt = Number.NEGATIVE_INFINITY;
      throw Object.assign(new UnavailableError('Tokens cannot be verified at the moment; try again'), { cause });
    });
    return fetching;
  }

  /** Also where the clock has gone back since. */
  const isOld = (): boolean => Math.abs(now() - fetchedAt) >= REFRESH_MILLISECONDS;

  async function publicKey({ kid }: JWTHeaderParameters): Promise<PublicKey> {
    if (typeof kid !== 'string') throw new UnauthorizedError();
    if (!known.has(kid)) await (isOld() ? refreshKeys() : fetching);
    const key = known.get(kid);
    if (!key) throw new UnauthorizedError();
    return key;
  }

  return {
    async issue(of) {
      const iat = epochSeconds(now());
      const claims = { iss: issuer, aud: audience, sub: of.accountId, sid: of.sessionId };
      const payload = encode({ ...claims, iat, exp: iat + settings.accessTokenSeconds, jti: randomUUID() });
      if (signer === undefined) await refreshKeys();
      // The header must name the key before the port says which one signed: sign again if it was another one.
      for (;;) {
        const input = `${encode({ alg: 'ES256', typ: 'JWT', kid: signer })}.${payload}`;
        const { kid, signature } = await keys.sign(Buffer.from(input));
        if (kid === signer) return `${input}.${Buffer.from(signature).toString('base64url')}`;
        signer = kid;
      }
    },

    recall: (token) => verified.get(token),

    async verify(token) {
      const known = verified.get(token);
      if (known) return known;
      try {
        // Base64 has unused bits in the last character: accept only the canonical encoding of a signature.
        const signature = token.slice(token.lastIndexOf('.') + 1);
        if (Buffer.from(signature, 'base64url').toString('base64url') !== signature) throw new UnauthorizedError();
        const { payload } = await jwtVerify(token, publicKey, {
          algorithms: ['ES256'],
          issuer,
          audience,
          requiredClaims: ['iss', 'aud', 'sub', 'sid', 'iat', 'exp', 'jti'],
          currentDate: new Date(now()),
        });
        const { sub, sid, exp } = payload;
        if (typeof sub !== 'string' || typeof sid !== 'string' || !isId(sub) || !isId(sid)) {
          throw new UnauthorizedError();
        }
        const of = { accountId: sub, sessionId: sid };
        verified.add(token, of, exp!);
        return of;
      } catch (error) {
        if (error instanceof errors.JOSEError) throw new UnauthorizedError();
        throw error;
      }
    },
  };
}

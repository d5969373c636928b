import { createHmac, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader, exportSPKI, importJWK, SignJWT } from 'jose';
import { InternalError, UnavailableError } from '#domain/errors.ts';
import { makeAccessTokens } from '#functions/http/authentication/access-token.ts';
import { openPlatform, type Platform } from './harness.ts';

let platform: Platform;
let token: string;
beforeAll(async () => {
  platform = await openPlatform({ rates: { anonymousPerHour: 1000 } });
  token = await platform.login();
});
afterAll(() => platform.close());

const me = (given: string, scheme = 'Bearer') =>
  platform.call({ path: '/auth/me', headers: { authorization: `${scheme} ${given}` } });

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token with the real one's claims, except those given, signed by the real key. */
async function signed(header: object, claims: object): Promise<string> {
  const input = `${encode({ ...decodeProtectedHeader(token), ...header })}.${encode({ ...decodeJwt(token), ...claims })}`;
  const { signature } = await platform.store.keys.sign(Buffer.from(input));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}

async function expectRefused(given: string, scheme?: string): Promise<void> {
  const answer = await me(given, scheme);
  expect(answer.status).toBe(401);
  expect(answer.body).toEqual({ error: 'unauthorized', message: 'Invalid or expired token' });
  expect(answer.headers['WWW-Authenticate']).toContain('Bearer realm="trainyard", error="invalid_token"');
}

describe('an access token', () => {
  test('has the required claims, is signed with ES256, and is accepted', async () => {
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'ES256', kid: expect.any(String) });
    expect(Object.keys(decodeJwt(token)).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub']);
    expect((await me(token)).status).toBe(200);
    expect((await me(token, 'bearer')).status).toBe(200);
    expect((await me(await signed({}, {}))).status).toBe(200);
  });

  test('is accepted from callers who come at once, before the keys are known', async () => {
    const { keys } = platform.store;
    let fetches = 0;
    const counting = {
      ...keys,
      publicKeys: () => {
        fetches += 1;
        return keys.publicKeys();
      },
    };
    const { verify } = makeAccessTokens(counting, platform.settings, () => platform.clock.now);
    const found = await Promise.all([1, 2, 3].map(() => verify(token)));
    expect(found).toEqual(new Array(3).fill({ accountId: decodeJwt(token).sub, sessionId: decodeJwt(token).sid }));
    expect(fetches).toBe(1);
  });

  test('is accepted again once the keys can be fetched that could not be', async () => {
    const { keys } = platform.store;
    let fails = true;
    const failing = { ...keys, publicKeys: () => (fails ? Promise.reject(new UnavailableError()) : keys.publicKeys()) };
    const { verify } = makeAccessTokens(failing, platform.settings, () => platform.clock.now);
    await expect(verify(token)).rejects.toThrow(UnavailableError);
    fails = false;
    expect((await verify(token)).accountId).toBe(decodeJwt(token).sub);
  });

  test('is answered 503, not 401, where the keys cannot be fetched, and is accepted by the next call', async () => {
    let isAway = false;
    const away = await openPlatform({}, (adapters) => ({
      ...adapters,
      keys: Object.assign(Object.create(adapters.keys) as typeof adapters.keys, {
        // As where a role is not in force yet, which no client retries.
        publicKeys: async () =>
          isAway ? Promise.reject(new InternalError('AccessDenied')) : adapters.keys.publicKeys(),
        sign: (message: Uint8Array) => adapters.keys.sign(message),
      }),
    }));
    const valid = await away.login();
    // Another function, which has not verified a token yet.
    const call = { surface: 'training', path: '/jobs', token: valid } as const;
    isAway = true;
    const refused = await away.call(call);
    expect([refused.status, refused.headers['Retry-After']]).toEqual([503, '1']);
    isAway = false;
    expect((await away.call(call)).status).toBe(200);
    await away.close();
  });

  test('is requested if none is sent, without an error code', async () => {
    const answer = await platform.call({ path: '/datasets' });
    expect(answer.status).toBe(401);
    expect(answer.headers['WWW-Authenticate']).toBe('Bearer realm="trainyard"');
  });

  test('is refused once it has expired', async () => {
    const { exp = 0 } = decodeJwt(token);
    const before = platform.clock.now;
    platform.clock.now = exp * 1000 - 1;
    expect((await me(token)).status).toBe(200);
    platform.clock.now = exp * 1000;
    await expectRefused(token);
    platform.clock.now = before;
  });

  test.each([
    ['another issuer', { iss: 'somebody' }],
    ['another audience', { aud: 'something' }],
    ['no issuer', { iss: undefined }],
    ['no expiry', { exp: undefined }],
    ['no time of issue', { iat: undefined }],
    ['no identifier', { jti: undefined }],
    ['no subject', { sub: undefined }],
    ['no session', { sid: undefined }],
    ['a subject that is no identifier', { sub: 'ACCOUNT#x' }],
    ['a session that is not there', { sid: '019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55' }],
  ])('is refused with %s, however well it is signed', async (_, claims) => {
    await expectRefused(await signed({}, claims));
  });

  test.each([
    ['no key named', { kid: undefined }],
    ['an unknown key', { kid: 'another' }],
    ['another algorithm', { alg: 'ES384' }],
    ['a critical extension', { crit: ['b64'], b64: false }],
  ])('is refused with %s in its header', async (_, header) => {
    await expectRefused(await signed(header, {}));
  });

  test('is refused unsigned, as `alg: none`', async () => {
    for (const alg of ['none', 'None', 'NONE']) {
      const input = `${encode({ ...decodeProtectedHeader(token), alg })}.${token.split('.')[1]}`;
      await expectRefused(`${input}.`);
      await expectRefused(input);
      await expectRefused(`${input}.${token.split('.')[2]}`);
    }
  });

  test('is refused when signed with HS256 and the public key for a secret', async () => {
    const [jwk] = await platform.store.keys.publicKeys();
    const key = await importJWK({ ...jwk!, ext: true }, 'ES256', { extractable: true });
    if (key instanceof Uint8Array) throw new Error('the key should be asymmetric');
    for (const secret of [await exportSPKI(key), JSON.stringify(jwk)]) {
      const input = `${encode({ alg: 'HS256', kid: jwk!.kid })}.${token.split('.')[1]}`;
      await expectRefused(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`);
    }
  });

  test('is refused when signed by another key, also one in its own header', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { kid = '' } = decodeProtectedHeader(token);
    const jwk = publicKey.export({ format: 'jwk' });
    const forged = new SignJWT(decodeJwt(token)).setProtectedHeader({ alg: 'ES256', kid, jwk: jwk as { kty: string } });
    await expectRefused(await forged.sign(privateKey));
  });

  test('is refused with any one character changed', async () => {
    for (let at = 0; at < token.length; at += 1) {
      const other = token[at] === 'A' ? 'B' : 'A';
      const tampered = token.slice(0, at) + other + token.slice(at + 1);
      expect((await platform.call({ path: '/auth/me', token: tampered, ip: `10.1.${at}.1` })).status).toBe(401);
    }
    const last = token.at(-1)!;
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const other of alphabet.replace(last, '')) {
      const answer = await platform.call({ path: '/auth/me', token: token.slice(0, -1) + other, ip: '10.2.0.1' });
      expect(answer.status).toBe(401);
    }
  });

  test('is refused in another form or scheme', async () => {
    await expectRefused(token, 'Basic');
    await expectRefused(token, 'Token');
    for (const given of ['', 'a', 'a.b', 'a.b.c', `${token}.x`, `${token} ${token}`, `${token}=`, '💥']) {
      await expectRefused(given);
    }
  });

  test('is verified without a call of the Keys port', async () => {
    let asked = 0;
    const keys = {
      ...platform.store.keys,
      publicKeys: () => {
        asked += 1;
        return platform.store.keys.publicKeys();
      },
    };
    const keyed = await openPlatform({}, () => ({
      ...platform.store,
      keys: { ...keys, sign: (message) => platform.store.keys.sign(message) },
    }));
    for (let i = 0; i < 5; i++) expect((await keyed.call({ path: '/auth/me', token })).status).toBe(200);
    expect(asked).toBe(1);
    const unknown = await signed({ kid: 'another' }, {});
    for (let i = 0; i < 5; i++) expect((await keyed.call({ path: '/auth/me', token: unknown })).status).toBe(401);
    expect(asked).toBe(1);
    await keyed.close();
  });
});

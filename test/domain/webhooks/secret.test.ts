import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { InvalidCiphertextError } from '#domain/ports/errors.ts';
import { newSecret, SECRET_PATTERN, sealSecret, secretBytes, unsealSecret } from '#domain/webhooks/secret.ts';
import { sign } from '#domain/webhooks/signature.ts';
import { openStore, type Store } from '../store.ts';

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

const owner = { account_id: 'a', id: 'w' };
const encoded = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 0xfb).toString('base64')}`;

describe('a secret', () => {
  test('that we make is whsec_ and Base64 with padding of 32 bytes', () => {
    expect(newSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(newSecret()).not.toBe(newSecret());
    expect(secretBytes(newSecret())).toHaveLength(32);
  });

  test('may have 24 to 64 bytes', () => {
    for (const bytes of [24, 64]) expect(secretBytes(encoded(bytes))).toHaveLength(bytes);
    for (const bytes of [23, 65]) {
      expect(() => secretBytes(encoded(bytes))).toThrow(
        expect.objectContaining({
          details: [{ field: 'secret', message: `must be Base64 of 24 to 64 bytes; got ${bytes} bytes` }],
        }),
      );
    }
  });

  test.each([
    ['without the prefix', encoded(32).slice(6)],
    ['in URL-safe Base64', encoded(32).replaceAll('+', '-').replaceAll('/', '_')],
    ['without padding', encoded(32).replaceAll('=', '')],
    ['with spaces', `${encoded(32)} `],
    ['of nothing', 'whsec_'],
    ['of other characters', `whsec_${'é'.repeat(40)}`],
  ])('%s is refused, and not repeated in the message', (_, secret) => {
    expect(() => secretBytes(secret)).toThrow(
      expect.objectContaining({
        details: [{ field: 'secret', message: 'must be whsec_ and standard Base64 with padding' }],
      }),
    );
  });

  test('is stored encrypted, each time otherwise, for its webhook alone', async () => {
    const secret = newSecret();
    const sealed = await sealSecret(store.keys, owner, secret);
    expect(await unsealSecret(store.keys, owner, sealed)).toEqual(secretBytes(secret));
    expect(JSON.stringify(sealed)).not.toContain(secret.slice(6));
    expect(await sealSecret(store.keys, owner, secret)).not.toEqual(sealed);
    for (const other of [
      { ...owner, id: 'v' },
      { ...owner, account_id: 'b' },
    ]) {
      await expect(unsealSecret(store.keys, other, sealed)).rejects.toThrow(InvalidCiphertextError);
    }
    const bytes = Buffer.from(sealed.ciphertext, 'base64');
    bytes[20]! ^= 1;
    for (const ciphertext of [bytes.toString('base64'), 'AAAA']) {
      await expect(unsealSecret(store.keys, owner, { ...sealed, ciphertext })).rejects.toThrow(InvalidCiphertextError);
    }
  });
});

describe('a signature', () => {
  test('is that of Standard Webhooks, one for each secret', () => {
    const secrets = [newSecret(), encoded(24), encoded(64)];
    const seconds = Math.floor(Date.now() / 1000);
    const body = JSON.stringify({ é: '🚂' });
    const headers = sign(
      'msg',
      seconds,
      body,
      secrets.map((secret) => secretBytes(secret)),
    );
    for (const secret of secrets) expect(new Webhook(secret).verify(body, { ...headers })).toEqual({ é: '🚂' });
    expect(() => new Webhook(newSecret()).verify(body, { ...headers })).toThrow();
    expect(() => new Webhook(secrets[0]!).verify(`${body} `, { ...headers })).toThrow();
    expect(headers['webhook-signature'].split(' ')).toHaveLength(3);
  });

  test('is the one that the standard gives as an example', () => {
    const secret = secretBytes('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const headers = sign('msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}', [secret]);
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });
});

test('the pattern for documents matches the secrets and nothing else', () => {
  const pattern = new RegExp(SECRET_PATTERN);
  for (let bytes = 20; bytes <= 70; bytes += 1) {
    expect([bytes, pattern.test(encoded(bytes))]).toEqual([bytes, bytes >= 24 && bytes <= 64]);
  }
  expect(pattern.test(encoded(32).replace(/.=$/, '9='))).toBe(false);
  expect(pattern.test(encoded(32).replaceAll('=', ''))).toBe(false);
  fc.assert(
    fc.property(fc.stringMatching(pattern), (text) => expect(() => secretBytes(text)).not.toThrow()),
    { seed: 2026, numRuns: 300 },
  );
});

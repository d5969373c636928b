import { createPublicKey, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { InvalidCiphertextError } from '#domain/ports/errors.ts';
import type { Keys } from '#domain/ports/keys/port.ts';
import { type Skips, testUnless } from './skips.ts';

export interface KeysSubject {
  readonly keys: Keys;
  /** The same keys, opened again. */
  readonly again: Keys;
  close(): Promise<void>;
}

/** What every implementation of the Keys port must do. */
export function keysConformance(name: string, open: () => Promise<KeysSubject>, skips: Skips = {}): void {
  const test = testUnless(skips);
  describe(`Keys on ${name}`, () => {
    let subject: KeysSubject;
    let keys: Keys;
    beforeAll(async () => {
      subject = await open();
      keys = subject.keys;
    });
    afterAll(() => subject?.close());
    const message = new TextEncoder().encode('header.payload');
    const context = { account: 'a', model: 'é 🚂' };

    test('a signature is the 64 bytes of ES256 and verifies with the public key of its kid', async () => {
      const { kid, signature } = await keys.sign(message);
      expect(signature).toHaveLength(64);
      const jwk = (await subject.again.publicKeys()).find((key) => key.kid === kid);
      expect(jwk).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
      const key = { key: createPublicKey({ key: { ...jwk }, format: 'jwk' }), dsaEncoding: 'ieee-p1363' } as const;
      expect(verify('sha256', message, key, signature)).toBe(true);
      expect(verify('sha256', new TextEncoder().encode('header.other'), key, signature)).toBe(false);
    });

    test('public keys contain nothing private', async () => {
      for (const key of await keys.publicKeys()) {
        expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
      }
    });

    test('a data key has 256 bits, is new each time, and does not appear in its wrapped bytes', async () => {
      const [one, two] = [await keys.generateDataKey(context), await keys.generateDataKey(context)];
      expect(one.plaintext).toHaveLength(32);
      expect(Buffer.from(one.plaintext).equals(two.plaintext)).toBe(false);
      expect(Buffer.from(one.wrapped).includes(Buffer.from(one.plaintext))).toBe(false);
    });

    test('a wrapped key can be unwrapped with its context, in any order of names', async () => {
      const { plaintext, wrapped } = await keys.generateDataKey(context);
      const opened = await subject.again.unwrapDataKey(wrapped, { model: 'é 🚂', account: 'a' });
      expect(Buffer.from(opened).equals(plaintext)).toBe(true);
    });

    test('it cannot be unwrapped with another context', async () => {
      const { wrapped } = await keys.generateDataKey(context);
      for (const other of [{}, { account: 'a' }, { ...context, more: '' }, { ...context, account: 'b' }]) {
        await expect(keys.unwrapDataKey(wrapped, other)).rejects.toThrow(InvalidCiphertextError);
      }
    });

    test('not one bit of it may be changed, nor its length', async () => {
      const { wrapped } = await keys.generateDataKey(context);
      for (let index = 0; index < wrapped.length; index += 1) {
        const altered = wrapped.slice();
        altered[index]! ^= 1;
        await expect(keys.unwrapDataKey(altered, context)).rejects.toThrow(InvalidCiphertextError);
      }
      for (const bytes of [new Uint8Array(), wrapped.slice(1), new Uint8Array([...wrapped, 0])]) {
        await expect(keys.unwrapDataKey(bytes, context)).rejects.toThrow(InvalidCiphertextError);
      }
    });
  });
}

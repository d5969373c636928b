import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rawSignature } from '#aws/keys/signatures.ts';
import { InternalError } from '#domain/errors.ts';

/** A positive INTEGER in DER: no leading zeros, except one before a first bit that is set. */
function integer(scalar: Uint8Array): number[] {
  const bytes = [...scalar.subarray(scalar.findIndex((byte) => byte !== 0))];
  if (bytes[0]! >= 0x80) bytes.unshift(0);
  return [0x02, bytes.length, ...bytes];
}

const der = (r: Uint8Array, s: Uint8Array): Uint8Array => {
  const content = [...integer(r), ...integer(s)];
  return new Uint8Array([0x30, content.length, ...content]);
};

const scalar = fc
  .tuple(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.integer({ min: 0, max: 31 }))
  .map(([bytes, zeros]) => bytes.fill(0, 0, zeros))
  .filter((bytes) => bytes.some((byte) => byte !== 0));

describe('a signature in DER', () => {
  test('becomes r‖s of 32 bytes each, however short the integers are', () => {
    fc.assert(
      fc.property(scalar, scalar, (r, s) => {
        expect([...rawSignature(der(r, s))]).toEqual([...r, ...s]);
      }),
    );
  });

  test('verifies in raw form if it verified as DER', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = {
      key: createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
      dsaEncoding: 'ieee-p1363',
    } as const;
    fc.assert(
      fc.property(fc.uint8Array(), (message) => {
        expect(verify('sha256', message, key, rawSignature(sign('sha256', message, privateKey)))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('is refused if it is truncated, too long or anything else, and is never read past its end', () => {
    fc.assert(
      fc.property(scalar, scalar, fc.nat(80), (r, s, length) => {
        const whole = der(r, s);
        if (length < whole.length) expect(() => rawSignature(whole.subarray(0, length))).toThrow(InternalError);
        expect(() => rawSignature(new Uint8Array([...whole, 0]))).toThrow(InternalError);
      }),
    );
    const one = new Uint8Array(32).fill(1);
    expect(() => rawSignature(der(new Uint8Array(33).fill(1), one))).toThrow(InternalError);
    expect(() => rawSignature(new Uint8Array([0x31, ...der(one, one).subarray(1)]))).toThrow(InternalError);
    expect(() => rawSignature(new Uint8Array())).toThrow(InternalError);
  });
});

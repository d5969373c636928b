import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FileKeys } from '#embedded/keys/keys.ts';
import { SignatureError, SigningKeyError } from '#vault/errors.ts';
import type { SignatureAlgorithm } from '#vault/signatures/algorithms.ts';
import { signModel, verifyModel } from '#vault/signatures/bundle.ts';
import { derOf } from '#vault/signatures/der.ts';
import { platformSigningKey, readSigningKey } from '#vault/signatures/signing-key.ts';

const FILES = [{ name: 'classifier_v2.1', sha256: 'ab'.repeat(32) }];

const pem = (key: KeyObject, type: 'pkcs8' | 'sec1' | 'pkcs1' = 'pkcs8'): string =>
  key.export({ type, format: 'pem' }).toString();
const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;

const armoured = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`;

/** A key whose own public key is that of another one. */
function damagedEc(): string {
  const pointOf = (key: KeyObject): Buffer => {
    const { x, y } = key.export({ format: 'jwk' });
    return Buffer.concat([x!, y!].map((part) => Buffer.from(part, 'base64url')));
  };
  const key = ec('P-256');
  const der = key.export({ type: 'sec1', format: 'der' });
  pointOf(ec('P-256')).copy(der, der.indexOf(pointOf(key)));
  return armoured('EC PRIVATE KEY', der);
}

/** A key whose modulus is not the product of its primes. */
function damagedRsa(): string {
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const der = key.export({ type: 'pkcs1', format: 'der' });
  der[der.indexOf(Buffer.from(key.export({ format: 'jwk' }).n!, 'base64url')) + 100]! ^= 2;
  return armoured('RSA PRIVATE KEY', der);
}

/** The types say that a length is text, which Node.js refuses. */
function pss(hashAlgorithm: string, length: number): string {
  const restricted = { hashAlgorithm, mgf1HashAlgorithm: hashAlgorithm, saltLength: length as unknown as string };
  return pem(generateKeyPairSync('rsa-pss', { modulusLength: 2048, ...restricted }).privateKey);
}

const KEYS: Record<SignatureAlgorithm, KeyObject> = {
  Ed25519: generateKeyPairSync('ed25519').privateKey,
  'P-256': ec('P-256'),
  'P-384': ec('P-384'),
  'P-521': ec('P-521'),
  'RSA-PSS': generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
};

describe.each(Object.entries(KEYS))('a signature by %s', (algorithm, key) => {
  test('verifies, and no other file, key or signature does', async () => {
    const signed = await signModel('classifier_v2.1', FILES, readSigningKey(pem(key)));
    expect(signed.algorithm).toBe(algorithm);
    verifyModel(JSON.parse(JSON.stringify(signed.bundle)), signed.publicKeyPem, FILES);

    const refused = (bundle: unknown, files = FILES, publicKey = signed.publicKeyPem) =>
      expect(() => verifyModel(bundle, publicKey, files)).toThrow(SignatureError);
    refused(signed.bundle, [{ ...FILES[0]!, sha256: 'ac'.repeat(32) }]);
    refused(signed.bundle, [{ ...FILES[0]!, name: 'another' }]);
    refused(signed.bundle, [...FILES, { name: 'more', sha256: 'ad'.repeat(32) }]);
    refused(signed.bundle, FILES, createPublicKey(ec('P-256')).export({ type: 'spki', format: 'pem' }).toString());
    refused({ ...signed.bundle, mediaType: 'application/json' });
    const { dsseEnvelope } = signed.bundle;
    const payload = Buffer.from(dsseEnvelope.payload, 'base64').toString().replace('classifier', 'Classifier');
    refused({ ...signed.bundle, dsseEnvelope: { ...dsseEnvelope, payload: Buffer.from(payload).toString('base64') } });
    const sig = Buffer.from(dsseEnvelope.signatures[0].sig, 'base64');
    sig[sig.length - 1]! ^= 1;
    refused({ ...signed.bundle, dsseEnvelope: { ...dsseEnvelope, signatures: [{ sig: sig.toString('base64') }] } });
  });
});

test("the platform's key signs what its public key verifies", async () => {
  const keys = await FileKeys.open(mkdtempSync(join(tmpdir(), 'trainyard-vault-')));
  const key = await platformSigningKey(keys);
  for (let i = 0; i < 20; i++) {
    const signed = await signModel(`model ${i}`, FILES, key);
    verifyModel(signed.bundle, signed.publicKeyPem, FILES);
  }
});

test('a key of type RSA-PSS that is restricted to a hash signs with that hash', async () => {
  const { privateKey } = generateKeyPairSync('rsa-pss', {
    modulusLength: 2048,
    hashAlgorithm: 'sha512',
    mgf1HashAlgorithm: 'sha512',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const signed = await signModel('model', FILES, readSigningKey(privateKey));
  verifyModel(signed.bundle, signed.publicKeyPem, FILES);
});

test('keys in the older formats of OpenSSL sign as well', () => {
  expect(readSigningKey(pem(KEYS['P-384'], 'sec1')).algorithm).toBe('P-384');
  expect(readSigningKey(pem(KEYS['RSA-PSS'], 'pkcs1')).algorithm).toBe('RSA-PSS');
});

describe('a PEM that cannot sign is refused by what it is', () => {
  const encrypted = KEYS['P-256'].export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' });
  const legacy = KEYS['RSA-PSS'].export({ type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' });
  const body = pem(KEYS.Ed25519).split('\n')[1]!;
  test.each([
    ['none', 'private_key_pem', 'not a PEM', 'must be a private key in PEM format'],
    ['empty', '', 'not a PEM', 'must be a private key in PEM format'],
    ['too long', 'x'.repeat(20_000), 'not a PEM', 'must have at most 16384 characters; got 20000'],
    ['encrypted', encrypted.toString(), 'encrypted', 'this one is encrypted'],
    ['encrypted by an older OpenSSL', legacy.toString(), 'encrypted', 'this one is encrypted'],
    [
      'a public key',
      createPublicKey(KEYS.Ed25519).export({ type: 'spki', format: 'pem' }).toString(),
      'public key',
      'got a public key',
    ],
    [
      'a certificate',
      '-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----',
      'certificate',
      'got a certificate',
    ],
    [
      'of OpenSSH',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----',
      'unsupported',
      'must be in PKCS #8',
    ],
    [
      'a request',
      '-----BEGIN CERTIFICATE REQUEST-----\nMII=\n-----END CERTIFICATE REQUEST-----',
      'unsupported',
      'got CERTIFICATE REQUEST',
    ],
    [
      'cut off',
      `-----BEGIN PRIVATE KEY-----\n${body.slice(0, 20)}\n-----END PRIVATE KEY-----`,
      'damaged',
      'cannot be read',
    ],
    ['with the public key of another one', damagedEc(), 'damaged', 'do not fit together'],
    ['with a bit changed', damagedRsa(), 'damaged', 'do not fit together'],
    ['for SHA-1 only', pss('sha1', 20), 'unsupported', 'got a key for sha1'],
    ['for a longer salt than its hash has', pss('sha256', 64), 'unsupported', 'more than 32 bytes'],
    ['of another curve', pem(ec('secp256k1')), 'unsupported', 'got ec secp256k1'],
    ['for key agreement', pem(generateKeyPairSync('x25519').privateKey), 'unsupported', 'got x25519'],
    [
      'too short for RSA',
      pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey),
      'unsupported',
      'got rsa 1024',
    ],
  ])('%s', (_, given, problem, message) => {
    const error = (() => {
      try {
        return readSigningKey(given);
      } catch (thrown) {
        return thrown as SigningKeyError;
      }
    })();
    expect(error).toBeInstanceOf(SigningKeyError);
    expect(error).toMatchObject({ problem, status: 400, details: [{ field: 'signing_key' }] });
    expect((error as SigningKeyError).details[0]!.message).toContain(message);
    expect(JSON.stringify(error)).not.toContain(body.slice(0, 20));
  });
});

describe('the vectors of the specification', () => {
  const read = (name: string): string => readFileSync(new URL(`vectors/${name}`, import.meta.url), 'utf8');
  const files = [
    { name: 'signme-1', sha256: 'bc9a717db6064a32cbe9eae6fc40651dd6d36ef1757183f590eff2b1765d7ebc' },
    { name: 'signme-2', sha256: '32dcb1f8e1ae52d5963e56a6ba06ab58b424c15ed2a6b70d2feca1d089370028' },
  ];
  let publicKey: string;
  beforeAll(() => {
    publicKey = read('signing-key-pub.pem');
  });

  test('the valid bundle of a key verifies', () => {
    verifyModel(JSON.parse(read('key.bundle.json')), publicKey, files);
    expect(() => verifyModel(JSON.parse(read('key.bundle.json')), publicKey, files.slice(1))).toThrow('other files');
  });

  test.each(['wrong-predicate', 'missing-envelope', 'missing-verification-material', 'missing-tlog-entries'])(
    '%s is refused',
    (name) => {
      expect(() => verifyModel(JSON.parse(read(`${name}.bundle.json`)), publicKey, files)).toThrow(SignatureError);
    },
  );
});

test('an integer of DER is as short as it can be, and never negative', () => {
  const halves = fc.uint8Array({ minLength: 64, maxLength: 64 });
  fc.assert(
    fc.property(halves, fc.nat(31), fc.nat(31), (bytes, zerosOfR, zerosOfS) => {
      bytes.fill(0, 0, zerosOfR);
      bytes.fill(0, 32, 32 + zerosOfS);
      const der = derOf(bytes);
      expect(der[1]).toBe(der.length - 2);
      let at = 2;
      for (const half of [bytes.subarray(0, 32), bytes.subarray(32)]) {
        const length = der[at + 1]!;
        const digits = Buffer.from(der.subarray(at + 2, at + 2 + length));
        expect(digits[0]! & 0x80).toBe(0);
        if (length > 1 && digits[0] === 0) expect(digits[1]! & 0x80).toBe(0x80);
        expect(BigInt(`0x${digits.toString('hex')}`)).toBe(BigInt(`0x${Buffer.from(half).toString('hex')}`));
        at += 2 + length;
      }
    }),
  );
});

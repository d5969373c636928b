import { argon2Sync, pbkdf2Sync, scryptSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { PasswordDerivation } from '#vault/wrapping/derivation.ts';
import { derive } from '#vault/wrapping/derive.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');

describe('known answers', () => {
  test('scrypt: RFC 7914, section 12', async () => {
    const of: PasswordDerivation = { algorithm: 'scrypt', cost: 16_384, blockSize: 8, parallelization: 1 };
    expect(hex(await derive('pleaseletmein', utf8('SodiumChloride'), of))).toBe(
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2',
    );
  });

  test('PBKDF2 with SHA-256: RFC 7914, section 11', async () => {
    const of: PasswordDerivation = { algorithm: 'pbkdf2', iterations: 80_000, hash: 'sha256' };
    expect(hex(await derive('Password', utf8('NaCl'), of))).toBe(
      '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56',
    );
  });

  // RFC 9106 gives Argon2id with a secret and associated data, which the vault does not use: the primitive is asked.
  test('Argon2id: RFC 9106, section 5.3', () => {
    const tag = argon2Sync('argon2id', {
      message: Buffer.alloc(32, 1),
      nonce: Buffer.alloc(16, 2),
      secret: Buffer.alloc(8, 3),
      associatedData: Buffer.alloc(12, 4),
      parallelism: 4,
      memory: 32,
      passes: 3,
      tagLength: 32,
    });
    expect(hex(tag)).toBe('0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659');
  });

  test('Argon2id as the vault calls it: the reference implementation', async () => {
    const of: PasswordDerivation = { algorithm: 'argon2id', memoryKiB: 65_536, passes: 2, parallelism: 1 };
    expect(hex(await derive('password', utf8('somesalt'), of))).toBe(
      '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7',
    );
  });
});

test('the parameters are those that are asked for', async () => {
  const salt = utf8('0123456789abcdef');
  expect(hex(await derive('p', salt, { algorithm: 'scrypt', cost: 2 ** 15, blockSize: 8, parallelization: 3 }))).toBe(
    hex(scryptSync('p', salt, 32, { N: 2 ** 15, r: 8, p: 3, maxmem: 2 ** 26 })),
  );
  expect(hex(await derive('p', salt, { algorithm: 'pbkdf2', iterations: 1000, hash: 'sha384' }))).toBe(
    hex(pbkdf2Sync('p', salt, 1000, 32, 'sha384')),
  );
});

test('a password is the same however its letters were composed', async () => {
  const salt = utf8('0123456789abcdef');
  const of: PasswordDerivation = { algorithm: 'pbkdf2', iterations: 1000, hash: 'sha512' };
  expect(hex(await derive('Zürich', salt, of))).toBe(hex(await derive('Zu\u0308rich', salt, of)));
});

test('many derivations at once all come out right', async () => {
  const salts = Array.from({ length: 9 }, (_, i) => utf8(`0123456789abcde${i}`));
  const of: PasswordDerivation = { algorithm: 'pbkdf2', iterations: 1000, hash: 'sha512' };
  const got = await Promise.all(salts.map((salt) => derive('p', salt, of)));
  expect(got.map(hex)).toEqual(salts.map((salt) => hex(pbkdf2Sync('p', salt, 1000, 32, 'sha512'))));
});

test('whoever chose the usual parameters does not wait for those who chose the longest', async () => {
  const salt = utf8('0123456789abcdef');
  const ended: string[] = [];
  const long: PasswordDerivation = { algorithm: 'argon2id', memoryKiB: 65_536, passes: 10, parallelism: 1 };
  const usual: PasswordDerivation = { algorithm: 'pbkdf2', iterations: 100_000, hash: 'sha512' };
  const run = async (name: string, of: PasswordDerivation) => {
    await derive('p', salt, of);
    ended.push(name);
  };
  await Promise.all([run('long', long), run('long', long), run('long', long), run('usual', usual)]);
  // Of the three, one is running and two wait.
  expect(ended).toHaveLength(4);
  expect(ended.indexOf('usual')).toBeLessThanOrEqual(1);
});

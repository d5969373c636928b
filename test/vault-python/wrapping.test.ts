import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { FileKeys } from '#embedded/keys/keys.ts';
import { context } from '#test/vault/samples.ts';
import { DEFAULT_DERIVATION, derivationOf } from '#vault/wrapping/derivation.ts';
import { newDataKey, unwrap, wrappedKey, wrapWithPassword } from '#vault/wrapping/wrap.ts';
import { base64, other } from './other.ts';

const DERIVATIONS = [
  DEFAULT_DERIVATION,
  derivationOf({ use_scrypt: false, key_iterations: 200_000, hash_algorithm: 'sha512' }),
  derivationOf({ use_scrypt: false, key_iterations: 200_000, hash_algorithm: 'sha256' }),
  derivationOf({ custom_key_derivation: { algorithm: 'Argon2', memory_cost: 65_536, time_cost: 3 } }),
];

test.each(DERIVATIONS)('keys under a password go both ways: $algorithm $hash', async (derivation) => {
  const keys = await FileKeys.open(mkdtempSync(join(tmpdir(), 'trainyard-vault-')));
  const password = 'sichäres_passwort';
  const key = newDataKey();
  const wrapped = await wrapWithPassword(key, password, derivation, context);
  const [unwrapped, theirs] = other(
    ['unwrap', { wrapped, password, context }],
    ['wrap', { key: base64(key), password, derivation, context }],
  );
  expect(unwrapped).toBe(base64(key));
  expect(base64(await unwrap(wrappedKey.parse(theirs), { password, keys }, context))).toBe(base64(key));
});

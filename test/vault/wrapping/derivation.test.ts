import { describe, expect, test } from '@jest/globals';
import { ValidationError } from '#domain/errors.ts';
import { KeyDerivationLimitError } from '#vault/errors.ts';
import {
  DEFAULT_DERIVATION,
  type DerivationConfig,
  derivationOf,
  passwordDerivation,
} from '#vault/wrapping/derivation.ts';

const thrown = (config: DerivationConfig): unknown => {
  try {
    return derivationOf(config);
  } catch (error) {
    return error;
  }
};

describe('the configuration of a manager', () => {
  test.each<[string, DerivationConfig, object]>([
    ['says nothing', {}, { algorithm: 'scrypt', cost: 65_536, blockSize: 8, parallelization: 2 }],
    [
      'has what the document has',
      { use_scrypt: true, key_iterations: 200_000, hash_algorithm: 'sha512' },
      DEFAULT_DERIVATION,
    ],
    [
      'turns scrypt off',
      { use_scrypt: false, key_iterations: 200_000, hash_algorithm: 'sha512' },
      { algorithm: 'pbkdf2', iterations: 200_000, hash: 'sha512' },
    ],
    [
      'writes a hash otherwise',
      { use_scrypt: false, hash_algorithm: 'SHA-256' },
      { algorithm: 'pbkdf2', iterations: 210_000, hash: 'sha256' },
    ],
    [
      'asks for Argon2',
      { use_scrypt: true, custom_key_derivation: { algorithm: 'Argon2', memory_cost: 65_536, time_cost: 3 } },
      { algorithm: 'argon2id', memoryKiB: 65_536, passes: 3, parallelism: 1 },
    ],
  ])('%s', (_, config, expected) => {
    const derivation = derivationOf(config);
    expect(derivation).toEqual(expected);
    expect(passwordDerivation.parse(derivation)).toEqual(derivation);
  });

  test.each<[DerivationConfig, string, number, number, string]>([
    [
      { key_iterations: 1000 },
      'key_iterations',
      100_000,
      1000,
      'must be a whole number between 100000 and 5000000; got 1000',
    ],
    [
      { use_scrypt: false, key_iterations: 1e9 },
      'key_iterations',
      5_000_000,
      1e9,
      'must be a whole number between 100000 and 5000000; got 1000000000',
    ],
    [
      { custom_key_derivation: { algorithm: 'Argon2', memory_cost: 4_194_304 } },
      'custom_key_derivation.memory_cost',
      262_144,
      4_194_304,
      'must be a whole number between 19456 and 262144 KiB; got 4194304',
    ],
    [
      { custom_key_derivation: { algorithm: 'Argon2', time_cost: 0 } },
      'custom_key_derivation.time_cost',
      1,
      0,
      'must be a whole number between 1 and 10; got 0',
    ],
    [
      { custom_key_derivation: { algorithm: 'Argon2', time_cost: 2.5 } },
      'custom_key_derivation.time_cost',
      1,
      2.5,
      'must be a whole number between 1 and 10; got 2.5',
    ],
  ])('%j is refused with the bound and the value', (config, field, bound, value, message) => {
    const error = thrown(config);
    expect(error).toBeInstanceOf(KeyDerivationLimitError);
    expect(error).toMatchObject({ field, bound, value, status: 400, details: [{ field, message }] });
  });

  test('another hash is refused', () => {
    const error = thrown({ use_scrypt: false, hash_algorithm: 'md5' });
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({
      details: [{ field: 'hash_algorithm', message: 'must be sha256, sha384, sha512; got "md5"' }],
    });
  });
});

test('a stored derivation that would take more than the bounds is no derivation', () => {
  const { success } = passwordDerivation.safeParse({ ...DEFAULT_DERIVATION, cost: 2 ** 30 });
  expect(success).toBe(false);
  expect(passwordDerivation.safeParse({ ...DEFAULT_DERIVATION, cost: 2 ** 16 + 1 }).success).toBe(false);
});

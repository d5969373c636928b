import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Keys } from '#domain/ports/keys/port.ts';
import { FileKeys } from '#embedded/keys/keys.ts';
import { encryptionContext } from '#vault/context.ts';
import { IntegrityError, PasswordRequiredError, WrongPasswordError } from '#vault/errors.ts';
import type { PasswordDerivation } from '#vault/wrapping/derivation.ts';
import { addPlatformLayer, layeredKey, removePlatformLayer } from '#vault/wrapping/platform-layer.ts';
import { newDataKey, unwrap, wrappedKey, wrapWithPassword, wrapWithPlatform } from '#vault/wrapping/wrap.ts';
import { context, model } from '../samples.ts';

/** The cheapest that the bounds allow. */
const CHEAP: Record<PasswordDerivation['algorithm'], PasswordDerivation> = {
  scrypt: { algorithm: 'scrypt', cost: 2 ** 14, blockSize: 8, parallelization: 1 },
  pbkdf2: { algorithm: 'pbkdf2', iterations: 100_000, hash: 'sha512' },
  argon2id: { algorithm: 'argon2id', memoryKiB: 19_456, passes: 1, parallelism: 1 },
};

const another = encryptionContext({ ...model, modelName: 'another' });
let keys: Keys;
beforeAll(async () => {
  keys = await FileKeys.open(mkdtempSync(join(tmpdir(), 'trainyard-vault-')));
});

/** A base64 text with one bit of its bytes changed. */
const flipped = (text: string): string => {
  const bytes = Buffer.from(text, 'base64');
  bytes[3]! ^= 4;
  return bytes.toString('base64');
};

describe.each(Object.values(CHEAP))('a key under a password, by $algorithm', (derivation) => {
  const dataKey = newDataKey();
  const password = 'secure_password_123';

  test('is opened by that password', async () => {
    const wrapped = await wrapWithPassword(dataKey, password, derivation, context);
    expect(wrappedKey.parse(JSON.parse(JSON.stringify(wrapped)))).toEqual(wrapped);
    expect(await unwrap(wrapped, { password, keys }, context)).toEqual(dataKey);
  });

  test('is not opened by another password, or by none', async () => {
    const wrapped = await wrapWithPassword(dataKey, password, derivation, context);
    await expect(unwrap(wrapped, { password: 'Secure_password_123', keys }, context)).rejects.toThrow(
      WrongPasswordError,
    );
    await expect(unwrap(wrapped, { keys }, context)).rejects.toThrow(PasswordRequiredError);
  });

  test('does not open as the key of another model', async () => {
    const wrapped = await wrapWithPassword(dataKey, password, derivation, context);
    await expect(unwrap(wrapped, { password, keys }, another)).rejects.toThrow(IntegrityError);
  });

  test('does not open once its record was changed', async () => {
    const wrapped = await wrapWithPassword(dataKey, password, derivation, context);
    const refusals = {
      ciphertext: IntegrityError,
      nonce: IntegrityError,
      commitment: WrongPasswordError,
      salt: WrongPasswordError,
    };
    for (const [field, refusal] of Object.entries(refusals)) {
      const changed = { ...wrapped, [field]: flipped(wrapped[field as keyof typeof refusals]) };
      await expect(unwrap(changed, { password, keys }, context)).rejects.toThrow(refusal);
    }
  });
});

describe("a key under the platform's key", () => {
  const dataKey = newDataKey();

  test('needs no password', async () => {
    const wrapped = await wrapWithPlatform(dataKey, keys, context);
    expect(wrapped.derivation.algorithm).toBe('platform');
    expect(await unwrap(wrapped, { keys }, context)).toEqual(dataKey);
  });

  test('does not open as the key of another model, or once its record was changed', async () => {
    const wrapped = await wrapWithPlatform(dataKey, keys, context);
    await expect(unwrap(wrapped, { keys }, another)).rejects.toThrow(IntegrityError);
    for (const field of ['ciphertext', 'nonce', 'commitment', 'salt'] as const) {
      const changed = { ...wrapped, [field]: flipped(wrapped[field]) };
      await expect(unwrap(changed, { keys }, context)).rejects.toThrow(IntegrityError);
    }
  });
});

describe("the platform's layer around a password's key", () => {
  test('comes off without the password, and leaves what was wrapped', async () => {
    const inner = await wrapWithPassword(newDataKey(), 'secure_password_123', CHEAP.scrypt, context);
    const outer = await addPlatformLayer(inner, keys, context);
    expect(layeredKey.parse(JSON.parse(JSON.stringify(outer)))).toEqual(outer);
    expect(await removePlatformLayer(outer, keys, context)).toEqual(inner);
  });

  test('is not a data key, and does not come off under another context', async () => {
    const inner = await wrapWithPassword(newDataKey(), 'secure_password_123', CHEAP.scrypt, context);
    const outer = await addPlatformLayer(inner, keys, context);
    const { holds: _, ...asKey } = outer;
    await expect(unwrap(asKey, { keys }, context)).rejects.toThrow(IntegrityError);
    await expect(removePlatformLayer(outer, keys, another)).rejects.toThrow(IntegrityError);
  });
});

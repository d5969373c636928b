import { argon2Sync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { argon2id } from '#domain/argon2id.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('Argon2id', () => {
  test('is what the reference implementation computes', async () => {
    // argon2 -id -t 2 -k 65536 -p 1 -l 32, password "password", salt "somesalt".
    const parameters = { memoryKiB: 65_536, passes: 2, parallelism: 1 };
    expect(hex(await argon2id('password', Buffer.from('somesalt'), parameters, 32))).toBe(
      '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7',
    );
  });

  test.each([
    [64, 1, 1, 32],
    [4096, 3, 4, 32],
    [1000, 2, 2, 64],
  ])('with %d KiB, %d passes and %d lanes is what Node computes', async (memoryKiB, passes, parallelism, bytes) => {
    const salt = Buffer.from('0123456789abcdef');
    const message = 'pässwörd 🔑';
    const node = argon2Sync('argon2id', {
      message,
      nonce: salt,
      memory: memoryKiB,
      passes,
      parallelism,
      tagLength: bytes,
    });
    expect(hex(await argon2id(message, salt, { memoryKiB, passes, parallelism }, bytes))).toBe(hex(node));
  });
});

import { describe, expect, test } from '@jest/globals';
import { parseSettings } from '#domain/settings.ts';
import { decoyHash, hashPassword, verifyPassword } from '#functions/http/authentication/passwords.ts';

const weak = { memoryKiB: 64, passes: 1, parallelism: 1 };

describe('a password', () => {
  test('is hashed as a PHC string with OWASP’s parameters by default, salted each time', async () => {
    const { argon2 } = parseSettings({});
    const [one, two] = await Promise.all([hashPassword('secret', argon2), hashPassword('secret', argon2)]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(two);
  });

  test('matches only its own hash, also if its letters are composed differently', async () => {
    const stored = await hashPassword('caf\u00e9', weak);
    expect(await verifyPassword('cafe\u0301', stored, weak)).toEqual({ matches: true, outdated: false });
    expect(await verifyPassword('cafe', stored, weak)).toEqual({ matches: false, outdated: false });
    expect((await verifyPassword('café', decoyHash(weak), weak)).matches).toBe(false);
  });

  test('is outdated if any parameter differs from today’s', async () => {
    const stored = await hashPassword('secret', weak);
    for (const today of [
      { ...weak, memoryKiB: 128 },
      { ...weak, passes: 2 },
    ]) {
      expect(await verifyPassword('secret', stored, today)).toEqual({ matches: true, outdated: true });
    }
  });

  test('is verified as RFC 9106 computes it', async () => {
    // Made by the reference implementation: argon2 -id -t 2 -k 65536 -p 1, password "password", salt "somesalt".
    const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    expect((await verifyPassword('password', reference, weak)).matches).toBe(true);
    expect((await verifyPassword('differentpassword', reference, weak)).matches).toBe(false);
  });

  test('cannot be verified against something that is not a hash', async () => {
    await expect(verifyPassword('x', 'plain', weak)).rejects.toThrow('cannot be read');
  });
});

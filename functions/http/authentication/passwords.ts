/** Passwords, hashed with Argon2id (RFC 9106) in the PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { argon2id } from '#domain/argon2id.ts';
import { InternalError } from '#domain/errors.ts';
import type { Settings } from '#domain/settings.ts';

type Parameters = Settings['argon2'];

const SALT_BYTES = 16;
const HASH_BYTES = 32;
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replaceAll('=', '');

/** Depending on the keyboard, the same letters may be composed or decomposed. */
const run = (password: string, salt: Uint8Array, of: Parameters, bytes: number): Promise<Buffer> =>
  argon2id(password.normalize('NFKC'), salt, of, bytes);

const phc = (of: Parameters, salt: Uint8Array, hash: Uint8Array): string =>
  `$argon2id$v=19$m=${of.memoryKiB},t=${of.passes},p=${of.parallelism}$${base64(salt)}$${base64(hash)}`;

export async function hashPassword(password: string, parameters: Parameters): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return phc(parameters, salt, await run(password, salt, parameters, HASH_BYTES));
}

/** A hash that no password has: an unknown name then costs the same work as a known one. */
export const decoyHash = (parameters: Parameters): string =>
  phc(parameters, randomBytes(SALT_BYTES), randomBytes(HASH_BYTES));

/** Whether the password matches, and whether its hash was made with outdated parameters. */
export async function verifyPassword(
  password: string,
  stored: string,
  parameters: Parameters,
): Promise<{ matches: boolean; outdated: boolean }> {
  const [, memory, passes, parallelism, salt, hash] = PHC.exec(stored) ?? [];
  if (salt === undefined || hash === undefined) throw new InternalError('a stored password hash cannot be read');
  const of = { memoryKiB: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const expected = Buffer.from(hash, 'base64');
  const got = await run(password, Buffer.from(salt, 'base64'), of, expected.length);
  const outdated =
    of.memoryKiB !== parameters.memoryKiB ||
    of.passes !== parameters.passes ||
    of.parallelism !== parameters.parallelism;
  return { matches: timingSafeEqual(got, expected), outdated };
}

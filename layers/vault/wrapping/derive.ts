import { pbkdf2, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { argon2id } from '#domain/argon2id.ts';
import { KEY_BYTES } from '../encryption/cipher.ts';
import type { PasswordDerivation } from './derivation.ts';
import { DerivationQueue } from './derivation-queue.ts';

const MEBIBYTE = 1024 * 1024;

const run = {
  scrypt: promisify<string, Uint8Array, number, object, Buffer>(scrypt),
  pbkdf2: promisify(pbkdf2),
};

/**
 * Of each thread. One derivation takes up to 256 MiB, and all of them together the threads with which the process reads
 * files.
 */
const queue = new DerivationQueue({
  atOnce: 2,
  longAtOnce: 1,
  longSeconds: 0.3,
  accountSeconds: 8,
  waitMilliseconds: 8000,
});

/**
 * 32 bytes from a password. Depending on the keyboard, the same letters may be composed or decomposed: both are one.
 * Throws `RateLimitError` where too much is being derived for the account, `UnavailableError` where for all of them.
 */
export const derive = (password: string, salt: Uint8Array, of: PasswordDerivation, account = ''): Promise<Uint8Array> =>
  queue.run(account, secondsOf(of), () => deriveNow(password, salt, of));

/** About what it takes of a core, so that a derivation at its bounds takes 3 s. */
function secondsOf(of: PasswordDerivation): number {
  switch (of.algorithm) {
    case 'scrypt':
      return (of.cost * of.blockSize * of.parallelization) / 2 ** 22;
    case 'pbkdf2':
      return of.iterations / 2_000_000;
    case 'argon2id':
      return (of.memoryKiB * of.passes) / 800_000;
  }
}

function deriveNow(password: string, salt: Uint8Array, of: PasswordDerivation): Promise<Uint8Array> {
  const message = password.normalize('NFKC');
  switch (of.algorithm) {
    case 'scrypt': {
      const { cost, blockSize, parallelization } = of;
      // What scrypt needs, and room for its smaller buffers.
      const maxmem = 128 * blockSize * (cost + parallelization) + MEBIBYTE;
      return run.scrypt(message, salt, KEY_BYTES, { cost, blockSize, parallelization, maxmem });
    }
    case 'pbkdf2':
      return run.pbkdf2(message, salt, of.iterations, KEY_BYTES, of.hash);
    case 'argon2id':
      return argon2id(message, salt, of, KEY_BYTES);
  }
}

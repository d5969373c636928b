import { pbkdf2, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { argon2id } from '#domain/argon2id.ts';
import { KEY_BYTES } from '../encryption/cipher.ts';
import type { PasswordDerivation } from './derivation.ts';
import { DerivationQueue } from './derivation-queue.ts';
import { oneLarge } from './one-large.ts';

const MEBIBYTE = 1024 * 1024;

const run = {
  scrypt: promisify<string, Uint8Array, number, object, Buffer>(scrypt),
  pbkdf2: promisify(pbkdf2),
};

/**
 * Of each thread. All derivations together take the threads with which the process reads files. One takes up to 256 MiB,
 * beside which there is room for one with the usual parameters.
 */
const queue = new DerivationQueue({
  atOnce: 2,
  longAtOnce: 1,
  longSeconds: 0.3,
  bytesAtOnce: 330 * MEBIBYTE,
  accountSeconds: 8,
  waitMilliseconds: 8000,
});

/** More than one with the usual parameters takes. */
const LARGE_BYTES = 66 * MEBIBYTE;

/**
 * 32 bytes from a password. Depending on the keyboard, the same letters may be composed or decomposed: both are one.
 * Throws `RateLimitError` where too much is being derived for the account, `UnavailableError` where for all of them.
 */
export function derive(password: string, salt: Uint8Array, of: PasswordDerivation, account = ''): Promise<Uint8Array> {
  const [seconds, bytes] = [secondsOf(of), bytesOf(of)];
  const now = () => deriveNow(password, salt, of);
  return queue.run(account, { seconds, bytes }, bytes > LARGE_BYTES ? () => oneLarge(now) : now);
}

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

function bytesOf(of: PasswordDerivation): number {
  switch (of.algorithm) {
    case 'scrypt':
      return scryptBytes(of);
    case 'pbkdf2':
      return 0;
    case 'argon2id':
      return of.memoryKiB * 1024;
  }
}

/** What scrypt needs, and room for its smaller buffers. */
const scryptBytes = ({ cost, blockSize, parallelization }: Extract<PasswordDerivation, { algorithm: 'scrypt' }>) =>
  128 * blockSize * (cost + parallelization) + MEBIBYTE;

function deriveNow(password: string, salt: Uint8Array, of: PasswordDerivation): Promise<Uint8Array> {
  const message = password.normalize('NFKC');
  switch (of.algorithm) {
    case 'scrypt': {
      const { cost, blockSize, parallelization } = of;
      return run.scrypt(message, salt, KEY_BYTES, { cost, blockSize, parallelization, maxmem: scryptBytes(of) });
    }
    case 'pbkdf2':
      return run.pbkdf2(message, salt, of.iterations, KEY_BYTES, of.hash);
    case 'argon2id':
      return argon2id(message, salt, of, KEY_BYTES);
  }
}

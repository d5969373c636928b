import { pbkdf2, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { argon2id } from '#domain/argon2id.ts';
import { KEY_BYTES } from '../encryption/cipher.ts';
import type { PasswordDerivation } from './derivation.ts';

const MEBIBYTE = 1024 * 1024;

const run = {
  scrypt: promisify<string, Uint8Array, number, object, Buffer>(scrypt),
  pbkdf2: promisify(pbkdf2),
};

/**
 * So many derivations run at once; the others wait. Each takes up to 256 MiB, and all of them together the threads with
 * which the process reads files. One that takes long never has both places, so that whoever chose the usual parameters
 * does not wait for those.
 */
const AT_ONCE = 2;
const LONG_AT_ONCE = 1;

interface Waiting {
  readonly isLong: boolean;
  readonly begin: () => void;
}

const running = { all: 0, long: 0 };
const waiting: Waiting[] = [];

/** 32 bytes from a password. Depending on the keyboard, the same letters may be composed or decomposed: both are one. */
export async function derive(password: string, salt: Uint8Array, of: PasswordDerivation): Promise<Uint8Array> {
  const isLong = takesLong(of);
  await new Promise<void>((begin) => {
    waiting.push({ isLong, begin });
    beginNext();
  });
  try {
    return await deriveNow(password, salt, of);
  } finally {
    running.all -= 1;
    if (isLong) running.long -= 1;
    beginNext();
  }
}

/** Begins the one that waits longest, of those for which there is a place. */
function beginNext(): void {
  if (running.all >= AT_ONCE) return;
  const at = waiting.findIndex(({ isLong }) => !isLong || running.long < LONG_AT_ONCE);
  const [next] = at < 0 ? [] : waiting.splice(at, 1);
  if (next === undefined) return;
  running.all += 1;
  if (next.isLong) running.long += 1;
  next.begin();
}

/** Whether it takes several times as long as by default: about half a second and more. */
function takesLong(of: PasswordDerivation): boolean {
  switch (of.algorithm) {
    case 'scrypt':
      return of.cost * of.blockSize * of.parallelization > 2 ** 21;
    case 'pbkdf2':
      return of.iterations > 1_000_000;
    case 'argon2id':
      return of.memoryKiB * of.passes > 400_000;
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

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
 * which the process reads files.
 */
const AT_ONCE = 2;
let running = 0;
const waiting: (() => void)[] = [];

/** 32 bytes from a password. Depending on the keyboard, the same letters may be composed or decomposed: both are one. */
export async function derive(password: string, salt: Uint8Array, of: PasswordDerivation): Promise<Uint8Array> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
  try {
    return await deriveNow(password, salt, of);
  } finally {
    // Whoever waits longest takes over the place; without anybody, it is given back.
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
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

/** How a key is derived from a password: what a record stores, and the bounds of each parameter. */
import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { KeyDerivationLimitError } from '../errors.ts';

export const HASHES = ['sha256', 'sha384', 'sha512'] as const;

/**
 * The minimum is what protects a password for now; the maximum is what a derivation may take: 256 MiB of memory and
 * about 3 s of one core, which each algorithm took at its maximum on the processor that this was written on.
 */
export const DERIVATION_LIMITS = {
  scrypt: { cost: { min: 2 ** 14, max: 2 ** 18 }, blockSize: { min: 8, max: 8 }, parallelization: { min: 1, max: 4 } },
  pbkdf2: { iterations: { min: 100_000, max: 5_000_000 } },
  argon2id: {
    memoryKiB: { min: 19_456, max: 262_144 },
    passes: { min: 1, max: 10 },
    parallelism: { min: 1, max: 4 },
  },
} as const;

interface Bounds {
  readonly min: number;
  readonly max: number;
}

const within = ({ min, max }: Bounds) => z.int().min(min).max(max);

const { scrypt, pbkdf2, argon2id } = DERIVATION_LIMITS;

/** As a record stores it. */
export const passwordDerivation = z.discriminatedUnion('algorithm', [
  z.strictObject({
    algorithm: z.literal('scrypt'),
    cost: within(scrypt.cost).refine((cost) => Number.isInteger(Math.log2(cost)), 'must be a power of two'),
    blockSize: within(scrypt.blockSize),
    parallelization: within(scrypt.parallelization),
  }),
  z.strictObject({
    algorithm: z.literal('pbkdf2'),
    iterations: within(pbkdf2.iterations),
    hash: z.enum(HASHES),
  }),
  z.strictObject({
    algorithm: z.literal('argon2id'),
    memoryKiB: within(argon2id.memoryKiB),
    passes: within(argon2id.passes),
    parallelism: within(argon2id.parallelism),
  }),
]);

export type PasswordDerivation = z.infer<typeof passwordDerivation>;

/** As strong as the 128 MiB with one lane that OWASP names first, with half of the memory. */
export const DEFAULT_DERIVATION: PasswordDerivation = {
  algorithm: 'scrypt',
  cost: 2 ** 16,
  blockSize: 8,
  parallelization: 2,
};

/** The part of a manager's configuration that says how keys are derived, with the names of the API's document. */
export interface DerivationConfig {
  readonly use_scrypt?: boolean | undefined;
  readonly key_iterations?: number | undefined;
  readonly hash_algorithm?: string | undefined;
  readonly custom_key_derivation?:
    | {
        readonly algorithm: 'Argon2';
        readonly memory_cost?: number | undefined;
        readonly time_cost?: number | undefined;
        readonly parallelism?: number | undefined;
      }
    | undefined;
}

/**
 * `custom_key_derivation` decides before `use_scrypt`; PBKDF2 is what `use_scrypt: false` means.
 * @throws KeyDerivationLimitError with the field of the configuration, its bound and the value
 */
export function derivationOf(config: DerivationConfig): PasswordDerivation {
  const custom = config.custom_key_derivation;
  if (custom !== undefined) {
    const field = (name: string) => `custom_key_derivation.${name}`;
    return {
      algorithm: 'argon2id',
      memoryKiB: bounded(field('memory_cost'), custom.memory_cost ?? 65_536, argon2id.memoryKiB, 'KiB'),
      passes: bounded(field('time_cost'), custom.time_cost ?? 3, argon2id.passes),
      parallelism: bounded(field('parallelism'), custom.parallelism ?? 1, argon2id.parallelism),
    };
  }
  // Checked also where scrypt is used, which has no use for them: nobody is to believe that a weak one was accepted.
  const iterations = bounded('key_iterations', config.key_iterations ?? 210_000, pbkdf2.iterations);
  const hash = hashOf(config.hash_algorithm ?? 'sha512');
  return config.use_scrypt === false ? { algorithm: 'pbkdf2', iterations, hash } : DEFAULT_DERIVATION;
}

function bounded(field: string, value: number, { min, max }: Bounds, unit = ''): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  const bound = value > max ? max : min;
  const of = unit === '' ? '' : ` ${unit}`;
  throw new KeyDerivationLimitError(
    field,
    `must be a whole number between ${min} and ${max}${of}; got ${value}`,
    bound,
    value,
  );
}

function hashOf(name: string): (typeof HASHES)[number] {
  const hash = HASHES.find((one) => one === name.toLowerCase().replace('-', ''));
  if (hash !== undefined) return hash;
  throw ValidationError.of('hash_algorithm', `must be ${HASHES.join(', ')}; got ${JSON.stringify(name)}`);
}

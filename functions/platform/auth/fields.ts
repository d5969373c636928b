import { z } from 'zod';
import type { User } from '#domain/accounts/users.ts';
import { fold } from '#domain/keys.ts';
import { LIMITS } from '#domain/limits.ts';
import { isCommon } from '#functions/http/authentication/common-passwords.ts';
import { id, nameLine, time } from '../fields.ts';

/** The format marks values that must never appear in a response or a log. */
const secret = z.string().meta({ format: 'password' });

export const newPassword = secret
  .min(LIMITS.password.min)
  .max(LIMITS.password.max)
  .refine((password) => !isCommon(password), 'must not be among the most common passwords, which guessers try first')
  .meta({
    format: 'password',
    description: `${LIMITS.password.min} to ${LIMITS.password.max} characters, none of the most common passwords`,
  });

/** A login accepts any password, so that a refusal reveals nothing about the rules for passwords. */
export const givenPassword = secret.min(1).max(LIMITS.password.max).meta({ format: 'password' });

export const givenToken = secret.min(1).max(1024).meta({ format: 'password' });

export const newUsername = z
  .string()
  .min(LIMITS.username.min)
  .max(LIMITS.username.max)
  .regex(/^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]*$/u, 'must be letters, digits, ".", "_" or "-", a letter or digit first')
  .refine((name) => name === name.normalize('NFKC'), 'must not have compatibility characters')
  .meta({
    example: 'ada',
    description: 'Letters and digits of any script, `.`, `_` and `-`; the pattern has only those of ASCII',
    // Not every reader of patterns knows what a letter is.
    override: { pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' },
  });

export const givenUsername = z.string().min(1).max(LIMITS.password.max).meta({ example: 'ada' });

/** Maximum characters of a folded name: no account has a longer one, and it fits into a key. */
const NAME_LENGTH = 256;

/** A name by which a user is found, or none: whoever logs in may give anything. */
export const foldedName = (username: string): string => fold(username).slice(0, NAME_LENGTH).toWellFormed();

export const email = z.email().max(LIMITS.email.max).meta({ example: 'ada@example.com' });

export const fullName = nameLine(LIMITS.fullName.max).meta({ example: 'Ada Lovelace' });

export const user = z
  .strictObject({
    id,
    username: z.string().meta({ example: 'ada' }),
    email: z.string().meta({ example: 'ada@example.com' }),
    full_name: z.string().meta({ example: 'Ada Lovelace' }),
    created_at: time,
  })
  .meta({ id: 'User' });

export const showUser = (of: User): z.input<typeof user> => ({
  id: of.id,
  username: of.username,
  email: of.email,
  full_name: of.full_name,
  created_at: of.created_at,
});

const grant = {
  access_token: z.string().meta({
    description: 'For the header `Authorization: Bearer …`',
    example: 'eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl',
  }),
  token_type: z.literal('bearer'),
  expires_in: z.int().meta({ description: 'Seconds', example: 1800 }),
};

const exampleToken = { example: 'vJ8k2Qm0wXr5tYb7nZc1dFg3hLp6sAe9uIo4yRtKqWx' };

export const givenRefreshToken = givenToken.meta({ format: 'password', ...exampleToken });

export const loginAnswer = z
  .strictObject({ ...grant, refresh_token: z.string().meta(exampleToken) })
  .meta({ id: 'Login' });
export const refreshAnswer = z
  .strictObject({
    ...grant,
    refresh_token: z
      .string()
      .optional()
      .meta({ ...exampleToken, description: 'Where it was replaced' }),
  })
  .meta({ id: 'AccessToken' });

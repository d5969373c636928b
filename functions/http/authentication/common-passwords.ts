/**
 * Passwords that guessers try first: 49,233 of the most frequent ones in leaks, as collected by zxcvbn-ts. NIST SP 800-63B,
 * section 3.1.1.2, asks for such a list instead of rules about characters.
 */
import { dictionary } from '@zxcvbn-ts/language-common';
import type { User } from '#domain/accounts/users.ts';
import { ValidationError } from '#domain/errors.ts';
import { fold } from '#domain/keys.ts';
import { LIMITS } from '#domain/limits.ts';

/** In lower case, and not too short anyway. */
const common: ReadonlySet<string> = new Set(
  dictionary['passwords-common'].filter(({ length }) => length >= LIMITS.password.min),
);

/** Whether the password, in whatever case, is one of them. */
export const isCommon = (password: string): boolean => common.has(fold(password));

/** Throws `ValidationError` with that field if the password is the user's own name, in whatever case. */
export function expectNoName(
  field: string,
  password: string,
  { username, email }: Pick<User, 'username' | 'email'>,
): void {
  if (![username, email].some((name) => fold(name) === fold(password))) return;
  throw ValidationError.of(field, 'must not be the username or the e-mail address');
}

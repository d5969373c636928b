/**
 * Passwords that guessers try first: 49,233 of the most frequent ones in leaks, as collected by zxcvbn-ts. NIST SP 800-63B,
 * section 3.1.1.2, asks for such a list instead of rules about characters.
 */
import { createRequire } from 'node:module';
import type { User } from '#domain/accounts/users.ts';
import { ValidationError } from '#domain/errors.ts';
import { fold } from '#domain/keys.ts';
import { LIMITS } from '#domain/limits.ts';

/** Beside a function's bundle, since it is as large as all of that, and few requests need it. */
const PACKAGE = '@zxcvbn-ts/language-common';

let common: ReadonlySet<string> | undefined;

/** Whether the password, in whatever case, is one of them. */
export function isCommon(password: string): boolean {
  common ??= read();
  return common.has(fold(password));
}

/** In lower case, and not too short anyway. */
function read(): ReadonlySet<string> {
  const require = createRequire(import.meta.url);
  const { dictionary }: typeof import('@zxcvbn-ts/language-common') = require(PACKAGE);
  return new Set(dictionary['passwords-common'].filter(({ length }) => length >= LIMITS.password.min));
}

/** Throws `ValidationError` with that field if the password is the user's own name, in whatever case. */
export function expectNoName(
  field: string,
  password: string,
  { username, email }: Pick<User, 'username' | 'email'>,
): void {
  if (![username, email].some((name) => fold(name) === fold(password))) return;
  throw ValidationError.of(field, 'must not be the username or the e-mail address');
}

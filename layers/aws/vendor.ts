/** Translates the exceptions of AWS clients into our errors, by name. */
import { InternalError, TrainyardError, UnavailableError } from '#domain/errors.ts';

export type Translations = Readonly<Record<string, (message: string) => Error>>;

const internal = (message: string): Error => new InternalError(message);

/** Errors of every service that a retry cannot fix: something is configured or called wrongly. */
const ALWAYS: Translations = Object.fromEntries(
  [
    'AccessDenied',
    'AccessDeniedException',
    'AuthorizationError',
    'ClientException',
    'CredentialsProviderError',
    'DisabledException',
    'ExpiredToken',
    'ExpiredTokenException',
    'InvalidAccessKeyId',
    'InvalidParameterValueException',
    'KMSInvalidStateException',
    'NoSuchBucket',
    'NotFoundException',
    'QueueDoesNotExist',
    'ResourceNotFoundException',
    'SignatureDoesNotMatch',
    'UnrecognizedClientException',
    'ValidationException',
  ].map((name) => [name, internal]),
);

/**
 * Calls a service and translates its errors: our own pass unchanged; those in `translations` become what it says; a
 * wrong configuration becomes an `InternalError`; everything else, such as throttling and network errors, becomes an
 * `UnavailableError`, because the same call may succeed later.
 */
export async function translating<T>(
  service: string,
  call: () => Promise<T>,
  translations: Translations = {},
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translateError(service, error, translations);
  }
}

export function translateError(service: string, error: unknown, translations: Translations = {}): Error {
  if (error instanceof TrainyardError) return error;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const translate = translations[name] ?? ALWAYS[name];
  return (
    translate?.(`${service}: ${message}`) ?? new UnavailableError(`${service} did not answer: ${name}: ${message}`)
  );
}

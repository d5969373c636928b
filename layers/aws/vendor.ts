/** How an adapter turns what its client throws into errors of ours: by name, in one table. */
import { InternalError, TrainyardError, UnavailableError } from '#domain/errors.ts';

export type Translations = Readonly<Record<string, (message: string) => Error>>;

const internal = (message: string): Error => new InternalError(message);

/** What no repetition mends, whatever the service: something is configured or called wrongly. */
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
 * Runs a call to a service. Errors of ours pass; those in the table become what it says; what stands for a broken
 * configuration becomes an `InternalError`; everything else, the network and throttling first of all, an
 * `UnavailableError`, for the same call may succeed later.
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

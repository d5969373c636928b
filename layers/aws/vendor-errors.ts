import { InternalError, TrainyardError, UnavailableError } from '#domain/errors.ts';
import { ConditionFailedError, InvalidItemError } from '#domain/ports/errors.ts';

/** What DynamoDB's exceptions become, by their names. */
const TRANSLATIONS: Readonly<Record<string, (message: string) => Error>> = {
  ConditionalCheckFailedException: () => new ConditionFailedError(),
  ValidationException: (message) => new InvalidItemError(message),
  ItemCollectionSizeLimitExceededException: (message) => new InvalidItemError(message),
  ResourceNotFoundException: (message) => new InternalError(message),
  AccessDeniedException: (message) => new InternalError(message),
  UnrecognizedClientException: (message) => new InternalError(message),
  ExpiredTokenException: (message) => new InternalError(message),
  CredentialsProviderError: (message) => new InternalError(message),
};

/** Turns what a client throws into an error of ours; unknown ones (throttling, the network) into `UnavailableError`. */
export function translate(error: unknown): Error {
  if (error instanceof TrainyardError) return error;
  const { name, message } = error as Error;
  return TRANSLATIONS[name]?.(message) ?? new UnavailableError(`DynamoDB did not answer: ${name}: ${message}`);
}

/**
 * Another transaction was changing one of the items, or one of them was throttled: the same request may succeed at
 * once. The client itself retries throttled requests, but not a transaction that was cancelled because of throttling.
 */
export const isTransient = (error: unknown): boolean => TRANSIENT.includes((error as Error).name);

const TRANSIENT = [
  'TransactionConflictException',
  'TransactionInProgressException',
  // Reasons of a cancelled transaction.
  'TransactionConflict',
  'ProvisionedThroughputExceeded',
  'ThrottlingError',
];

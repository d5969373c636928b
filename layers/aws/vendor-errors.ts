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

/** An error of ours for any that a client throws; what is not known (throttling, the network) is `UnavailableError`. */
export function translate(error: unknown): Error {
  if (error instanceof TrainyardError) return error;
  const { name, message } = error as Error;
  return TRANSLATIONS[name]?.(message) ?? new UnavailableError(`DynamoDB did not answer: ${name}: ${message}`);
}

/**
 * Another transaction held one of the items, or one of them was asked for too often: the same request may succeed at
 * once. The client itself repeats what is throttled as a whole, but not a transaction that was cancelled for that.
 */
export const isPassing = (error: unknown): boolean => PASSING.includes((error as Error).name);

const PASSING = [
  'TransactionConflictException',
  'TransactionInProgressException',
  // Reasons of a cancelled transaction.
  'TransactionConflict',
  'ProvisionedThroughputExceeded',
  'ThrottlingError',
];

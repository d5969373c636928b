/** Examples of errors for the OpenAPI documents, in each surface's own format. */
import {
  ConflictError,
  ForbiddenError,
  InsufficientStorageError,
  InternalError,
  NotFoundError,
  PayloadTooLargeError,
  RangeNotSatisfiableError,
  RateLimitError,
  RequestTimeoutError,
  type TrainyardError,
  UnauthorizedError,
  UnavailableError,
  UnprocessableError,
  UnsupportedMediaTypeError,
  ValidationError,
} from '#domain/errors.ts';
import type { ErrorFormat } from '../errors/format.ts';
import type { DescribedError } from '../openapi.ts';

const EXAMPLES: readonly TrainyardError[] = [
  ValidationError.of('learning_rate', 'must be between 1e-8 and 1; got 2'),
  new UnauthorizedError(),
  new ForbiddenError(),
  new NotFoundError(),
  new RequestTimeoutError(30),
  new ConflictError('Dataset 019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55 is still processing'),
  new PayloadTooLargeError('body', 1_048_576, 2_000_000),
  new UnsupportedMediaTypeError(['application/json'], 'text/plain'),
  new RangeNotSatisfiableError(4096),
  new UnprocessableError('The Idempotency-Key was used before for another request'),
  new RateLimitError(60),
  new InternalError(),
  new UnavailableError(),
  new InsufficientStorageError(4096),
];

const REQUEST = { id: '019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55', at: Date.UTC(2026, 0), presented: false };

/** Describes the errors at `path` in the format that they have there. */
export const describeErrors = ({ schema, render }: ErrorFormat, path: string): DescribedError => ({
  schema,
  examples: Object.fromEntries(EXAMPLES.map((error) => [error.status, render(error, { ...REQUEST, path })])),
});

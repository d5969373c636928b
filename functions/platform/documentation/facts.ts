import {
  ConflictError,
  ForbiddenError,
  InternalError,
  NotFoundError,
  PayloadTooLargeError,
  RateLimitError,
  RequestTimeoutError,
  type TrainyardError,
  UnauthorizedError,
  UnavailableError,
  UnprocessableError,
  UnsupportedMediaTypeError,
  ValidationError,
} from '#domain/errors.ts';
import type { DescribedError, DocumentFacts } from '#functions/http/openapi.ts';
import { errorFormatAt } from '../errors.ts';

const EXAMPLES: readonly TrainyardError[] = [
  ValidationError.of('learning_rate', 'must be between 1e-8 and 1; got 2'),
  new UnauthorizedError(),
  new ForbiddenError(),
  new NotFoundError(),
  new RequestTimeoutError(30),
  new ConflictError('Dataset 019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55 is still processing'),
  new PayloadTooLargeError('body', 1_048_576, 2_000_000),
  new UnsupportedMediaTypeError(['application/json'], 'text/plain'),
  new UnprocessableError('The Idempotency-Key was used before for another request'),
  new RateLimitError(60),
  new InternalError(),
  new UnavailableError(),
];

const REQUEST_ID = '019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55';

export const documentFacts = (version: string): DocumentFacts => ({
  title: 'Trainyard platform API',
  version,
  description:
    'Upload data, train models, and call them. Responses have the fields of the platform specification; ' +
    'what goes beyond it is called an addition. Every account may make 1000 requests an hour, every address ' +
    '100 without a token; the headers `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` show ' +
    'how many are left.',
  tags: [
    { name: 'Health', description: 'Whether the API is running' },
    { name: 'Authentication', description: 'Accounts, sessions and tokens' },
    { name: 'Account', description: 'Who is in it, its API keys, and what it uses' },
    { name: 'Datasets', description: 'Data to train with' },
    { name: 'Training', description: 'Jobs that train models' },
    { name: 'Models', description: 'Trained models' },
    { name: 'Registry', description: 'Versions, aliases, tags, lineage and comparison of models' },
    { name: 'Numbered models', description: 'The models API: models by number, with error bodies of its own' },
    { name: 'Webhooks', description: 'Events, posted to a URL of your own' },
    { name: 'Account', description: 'What concerns the whole account' },
  ],
  errorAt,
});

function errorAt(path: string): DescribedError {
  const { schema, render } = errorFormatAt(path);
  return {
    schema,
    examples: Object.fromEntries(EXAMPLES.map((error) => [error.status, render(error, REQUEST_ID, path)])),
  };
}

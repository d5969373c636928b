/** What the platform's OpenAPI document says beside its routes. */
import { describeErrors } from '#functions/http/documentation/errors.ts';
import type { DocumentFacts } from '#functions/http/openapi.ts';
import { errorFormatAt } from './errors.ts';
import { commonSchemas } from './training/hyperparameters.ts';

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
    { name: 'Batch predictions', description: 'Predictions for all rows of a dataset, as a file' },
    { name: 'Monitoring', description: 'The log of predictions, feedback on them, and drift' },
    {
      name: 'Open Inference Protocol',
      description: 'Predictions for stock clients: version 2 of the protocol below `/oip`. All of it is an addition',
    },
    { name: 'Webhooks', description: 'Events, posted to a URL of your own' },
    { name: 'Account', description: 'What concerns the whole account' },
  ],
  schemas: commonSchemas,
  errorAt: (path) => describeErrors(errorFormatAt(path), path),
});

/** What the OpenAPI document of the surface `manager` says beside its routes. */
import { describeErrors } from '#functions/http/documentation/errors.ts';
import { managerError, renderManagerError } from '#functions/http/errors/manager.ts';
import type { DocumentFacts } from '#functions/http/openapi.ts';

export const documentFacts = (version: string): DocumentFacts => ({
  title: 'Trainyard manager API',
  version,
  description:
    'A vault of model files: encrypted, versioned, audited and backed up. Every call needs an API key or a token.',
  tags: [],
  errorAt: (path) => describeErrors({ schema: managerError, render: renderManagerError }, path),
});

/** What the OpenAPI document of the surface `catalog` says beside its routes. */
import { describeErrors } from '#functions/http/documentation/errors.ts';
import { catalogError, renderCatalogError } from '#functions/http/errors/catalog.ts';
import type { DocumentFacts } from '#functions/http/openapi.ts';

export const documentFacts = (version: string): DocumentFacts => ({
  title: 'Trainyard catalog API',
  version,
  description:
    'The settings of language models of third parties. Every route is a POST that answers `{code, message, data}`.',
  tags: [{ name: 'Models', description: 'Language models by number' }],
  errorAt: (path) => describeErrors({ schema: catalogError, render: renderCatalogError }, path),
});

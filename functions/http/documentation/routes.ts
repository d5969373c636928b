import { z } from 'zod';
import { NotFoundError } from '#domain/errors.ts';
import { type DescribedRoute, type DocumentFacts, openApiDocument } from '../openapi.ts';
import { type Route, route } from '../route.ts';
import { type Asset, assetResponses, conditional, makeAsset, serveAsset } from './asset.ts';
import { findAsset, pages } from './viewers.ts';

/** Seconds: a document changes with a release, and the files of its viewers more rarely. */
const DOCUMENT_AGE = 300;
const FILE_AGE = 7 * 86_400;

const common = { method: 'GET', tags: ['Documentation'], authentication: 'none', cost: 'document' } as const;

/** The document of `described`, and two viewers of it. */
export function documentationRoutes(
  described: readonly DescribedRoute[],
  documentFacts: (version: string) => DocumentFacts,
): Route[] {
  let document: Asset | undefined;

  const openApi = route({
    ...common,
    path: '/openapi.json',
    summary: 'The OpenAPI document',
    request: { headers: conditional },
    responses: { ...assetResponses, 200: { description: 'The document', content: 'application/json' } },
    handler({ headers }, { settings }) {
      document ??= makeAsset(
        'application/json',
        JSON.stringify(openApiDocument(described, documentFacts(settings.version))),
      );
      return serveAsset(document, headers, DOCUMENT_AGE);
    },
  });

  return [openApi, ...viewer('docs', 'Interactive documentation'), ...viewer('redoc', 'Documentation to read')];
}

function viewer(name: keyof typeof pages, summary: string): Route[] {
  return [
    route({
      ...common,
      path: `/${name}`,
      summary,
      page: true,
      request: { headers: conditional },
      responses: assetResponses,
      handler: ({ headers }) => serveAsset(pages[name], headers, DOCUMENT_AGE),
    }),
    route({
      ...common,
      path: `/${name}/{file}`,
      summary: `A file of ${summary.toLowerCase()}`,
      request: { headers: conditional, path: z.strictObject({ file: z.string() }) },
      responses: assetResponses,
      async handler({ headers, path }) {
        const asset = await findAsset(`${name}/${path.file}`);
        if (!asset) throw new NotFoundError();
        return serveAsset(asset, headers, FILE_AGE);
      },
    }),
  ];
}

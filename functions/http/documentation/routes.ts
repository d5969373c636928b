import { z } from 'zod';
import { NotFoundError } from '#domain/errors.ts';
import type { DescribedRoute, DocumentFacts } from '../openapi.ts';
import { type Route, route } from '../route.ts';
import { type Asset, assetResponses, conditional, makeAsset, serveAsset } from './asset.ts';
import { findAsset, pages } from './viewers.ts';

/** Seconds: a document changes with a release, and the files of its viewers more rarely. */
const DOCUMENT_AGE = 300;
const FILE_AGE = 7 * 86_400;

const common = { method: 'GET', tags: ['Documentation'], authentication: 'none', cost: 'document' } as const;

/** What a document is made of. */
export interface Described {
  readonly describedRoutes: readonly DescribedRoute[];
  readonly documentFacts: (version: string) => DocumentFacts;
}

/** The document, and two viewers of it. What it is made of is loaded when it is asked for: a cold start need not wait for it. */
export function documentationRoutes(load: () => Promise<Described>): Route[] {
  let document: Promise<Asset> | undefined;

  async function make(version: string): Promise<Asset> {
    const [{ openApiDocument }, { describedRoutes, documentFacts }] = await Promise.all([
      import('../openapi.ts'),
      load(),
    ]);
    return makeAsset('application/json', JSON.stringify(openApiDocument(describedRoutes, documentFacts(version))));
  }

  const openApi = route({
    ...common,
    path: '/openapi.json',
    summary: 'The OpenAPI document',
    request: { headers: conditional },
    responses: { ...assetResponses, 200: { description: 'The document', content: 'application/json' } },
    async handler({ headers }, { settings }) {
      document ??= make(settings.version);
      return serveAsset(await document, headers, DOCUMENT_AGE);
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

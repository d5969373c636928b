/** The catalog of language models: settings of third parties' models, by number. */
import type { FunctionSpec, Surface } from '../types.ts';

export const functions = {
  'catalog-api': {
    entry: 'functions/catalog/api.ts',
    memoryMegabytes: 1024,
    // A client of the document gives up after ten: it gets an error before, also after a cold start.
    timeoutSeconds: 8,
    computes: false,
    streams: false,
    runtime: false,
    uses: {
      table: ['get', 'query', 'put', 'update', 'delete', 'check'],
      tokens: 'verify',
    },
  },
} as const satisfies Record<string, FunctionSpec>;

export const surface = {
  title: 'Catalog',
  port: 7070,
  cloudBase: '/catalog',
  anonymous: ['/api/v1/models'],
  routes: [{ path: '/{proxy+}', function: 'catalog-api' }],
} as const satisfies Surface<keyof typeof functions>;

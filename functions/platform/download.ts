/** The platform's streaming function: downloads of datasets, of models by id and by number, of their files, and of batch predictions. */
import type { Adapters } from '#domain/ports/adapters.ts';
import type { HandlerOptions, StreamingHttpHandler } from '#functions/http/contract.ts';
import { makeServices } from '#functions/http/route.ts';
import { makeStreamingSurface } from '#functions/http/surface.ts';
import { download as downloadDataset } from './datasets/download.ts';
import { renderError } from './errors.ts';
import { artifact } from './models/artifact.ts';
import { download } from './models/download.ts';
import { download as downloadNumbered } from './numbered-models/download.ts';
import { download as downloadBatch } from './predictions/download.ts';

export const makeHandler = (adapters: Adapters, options: HandlerOptions): StreamingHttpHandler =>
  makeStreamingSurface(
    { routes: [download, artifact, downloadNumbered, downloadDataset, downloadBatch], renderError },
    makeServices(adapters, options),
  );

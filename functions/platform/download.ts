/** The platform's streaming function: downloads of models. */
import type { Adapters } from '#domain/ports/adapters.ts';
import type { HandlerOptions, StreamingHttpHandler } from '#functions/http/contract.ts';
import { renderPlatformError } from '#functions/http/errors/platform.ts';
import { makeServices } from '#functions/http/route.ts';
import { makeStreamingSurface } from '#functions/http/surface.ts';
import { download } from './models/download.ts';

export const makeHandler = (adapters: Adapters, options: HandlerOptions): StreamingHttpHandler =>
  makeStreamingSurface({ routes: [download], renderError: renderPlatformError }, makeServices(adapters, options));

/** The platform's main function: every route but predictions and downloads. */
import type { Adapters } from '#domain/ports/adapters.ts';
import type { HandlerOptions, HttpHandler } from '#functions/http/contract.ts';
import { makeServices } from '#functions/http/route.ts';
import { makeSurface } from '#functions/http/surface.ts';
import { renderError } from './errors.ts';
import { apiRoutes } from './routes.ts';

export const makeHandler = (adapters: Adapters, options: HandlerOptions): HttpHandler =>
  makeSurface({ routes: apiRoutes, renderError }, makeServices(adapters, options));

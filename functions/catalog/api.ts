/** Every route of the surface `catalog`. */
import type { Adapters } from '#domain/ports/adapters.ts';
import type { HandlerOptions, HttpHandler } from '#functions/http/contract.ts';
import { renderCatalogError } from '#functions/http/errors/catalog.ts';
import { makeServices } from '#functions/http/route.ts';
import { makeSurface } from '#functions/http/surface.ts';
import { apiRoutes } from './routes.ts';

export const makeHandler = (adapters: Adapters, options: HandlerOptions): HttpHandler =>
  makeSurface({ routes: apiRoutes, renderError: renderCatalogError }, makeServices(adapters, options));

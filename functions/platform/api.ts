/** The platform's main function: every route but predictions and downloads. */
import type { Adapters } from '#domain/ports/adapters.ts';
import type { HandlerOptions, HttpHandler } from '#functions/http/contract.ts';
import { documentationRoutes } from '#functions/http/documentation/routes.ts';
import { makeServices } from '#functions/http/route.ts';
import { makeSurface } from '#functions/http/surface.ts';
import { renderError } from './errors.ts';
import { resources } from './routes.ts';

const routes = [...resources, ...documentationRoutes(() => import('./described-routes.ts'))];

export const makeHandler = (adapters: Adapters, options: HandlerOptions): HttpHandler =>
  makeSurface({ routes, renderError }, makeServices(adapters, options));

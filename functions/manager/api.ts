/** The vault’s main function: every route that works on records alone. */
import type { Adapters } from '#domain/ports/adapters.ts';
import type { HandlerOptions, HttpHandler } from '#functions/http/contract.ts';
import { renderManagerError } from '#functions/http/errors/manager.ts';
import { makeServices } from '#functions/http/route.ts';
import { makeSurface } from '#functions/http/surface.ts';
import { auditRefusal } from './audit/refusals.ts';
import { apiRoutes } from './routes.ts';

export const makeHandler = (adapters: Adapters, options: HandlerOptions): HttpHandler =>
  makeSurface(
    { routes: apiRoutes, renderError: renderManagerError, noteRefusal: auditRefusal },
    makeServices(adapters, options),
  );

/** The vault's streaming function: archives of backups. */
import type { Adapters } from '#domain/ports/adapters.ts';
import type { HandlerOptions, StreamingHttpHandler } from '#functions/http/contract.ts';
import { renderManagerError } from '#functions/http/errors/manager.ts';
import { makeServices } from '#functions/http/route.ts';
import { makeStreamingSurface } from '#functions/http/surface.ts';
import { auditRefusal } from './audit/refusals.ts';
import { downloadRoutes } from './routes.ts';

export const makeHandler = (adapters: Adapters, options: HandlerOptions): StreamingHttpHandler =>
  makeStreamingSurface(
    { routes: downloadRoutes, renderError: renderManagerError, noteRefusal: auditRefusal },
    makeServices(adapters, options),
  );

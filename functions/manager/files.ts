/** The vault's function for what works on files: it derives keys, encrypts and decrypts. */
import type { Adapters } from '#domain/ports/adapters.ts';
import type { HandlerOptions, HttpHandler } from '#functions/http/contract.ts';
import { renderManagerError } from '#functions/http/errors/manager.ts';
import { makeServices } from '#functions/http/route.ts';
import { makeSurface } from '#functions/http/surface.ts';
import { importer } from '#functions/platform/models/importer.ts';
import { quantizing } from './models/quantizer.ts';
import { fileRoutes } from './routes.ts';
import type { FileServices } from './services.ts';

export const makeHandler = (adapters: Adapters, options: HandlerOptions): HttpHandler =>
  makeSurface<FileServices>(
    { routes: fileRoutes, renderError: renderManagerError },
    { ...makeServices(adapters, options), ...quantizing, importer },
  );

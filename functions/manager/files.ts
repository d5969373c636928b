/** The vault's function for what works on files: it derives keys, encrypts and decrypts. */
import type { Adapters } from '#domain/ports/adapters.ts';
import type { HandlerOptions, HttpHandler } from '#functions/http/contract.ts';
import { renderManagerError } from '#functions/http/errors/manager.ts';
import { makeServices } from '#functions/http/route.ts';
import { makeSurface } from '#functions/http/surface.ts';
import { auditRefusal } from './audit/refusals.ts';
import { quantizing } from './models/quantizing.ts';
import { fileRoutes } from './routes.ts';
import type { FileServices } from './services.ts';

/** It loads ONNX Runtime, which takes time and memory. */
const importer: FileServices['importer'] = async () =>
  (await import('#functions/platform/models/importer.ts')).importer;

export const makeHandler = (adapters: Adapters, options: HandlerOptions): HttpHandler =>
  makeSurface<FileServices>(
    { routes: fileRoutes, renderError: renderManagerError, noteRefusal: auditRefusal },
    { ...makeServices(adapters, options), ...quantizing, importer },
  );

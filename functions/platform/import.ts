/** The platform's function for models of others. It loads ONNX Runtime, which tries them. */
import type { Adapters } from '#domain/ports/adapters.ts';
import type { HandlerOptions, HttpHandler } from '#functions/http/contract.ts';
import { makeServices, type Route } from '#functions/http/route.ts';
import { makeSurface } from '#functions/http/surface.ts';
import { renderError } from './errors.ts';
import { modelUploadRoutes } from './model-uploads/routes.ts';
import type { ImportServices } from './models/create-imported.ts';
import { importModel } from './models/import.ts';
import { importer } from './models/importer.ts';

export function makeHandler(adapters: Adapters, options: HandlerOptions): HttpHandler {
  const routes: readonly Route<ImportServices>[] = [importModel, ...modelUploadRoutes];
  return makeSurface({ routes, renderError }, { ...makeServices(adapters, options), importer: async () => importer });
}

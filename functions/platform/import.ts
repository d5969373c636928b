/** The platform's function for models of others. It loads ONNX Runtime, which tries them. */
import type { Adapters } from '#domain/ports/adapters.ts';
import type { HandlerOptions, HttpHandler } from '#functions/http/contract.ts';
import { makeServices, type Route } from '#functions/http/route.ts';
import { makeSurface } from '#functions/http/surface.ts';
import { countNumbers, importedFiles } from '#learning/imported/files.ts';
import { readImported } from '#learning/imported/read.ts';
import { areWeights, readImportedWeights } from '#learning/imported/weights.ts';
import { renderError } from './errors.ts';
import { type ImportServices, importModel } from './models/import.ts';

export function makeHandler(adapters: Adapters, options: HandlerOptions): HttpHandler {
  const routes: readonly Route<ImportServices>[] = [importModel];
  const importer = {
    ...{ read: readImported, files: importedFiles, count: countNumbers },
    ...{ areWeights, readWeights: readImportedWeights },
  };
  return makeSurface({ routes, renderError }, { ...makeServices(adapters, options), importer });
}

/** The training service's function for predictions, the only one of the surface that loads ONNX Runtime. */
import type { Adapters } from '#domain/ports/adapters.ts';
import type { HandlerOptions, HttpHandler } from '#functions/http/contract.ts';
import { renderTrainingError } from '#functions/http/errors/training.ts';
import { makeServices } from '#functions/http/route.ts';
import { makeSurface } from '#functions/http/surface.ts';
import { makeTextPredictor } from '#learning/text/predictor.ts';
import { predict } from './predict-route.ts';

export const makeHandler = (adapters: Adapters, options: HandlerOptions): HttpHandler =>
  makeSurface(
    { routes: [predict], renderError: renderTrainingError },
    { ...makeServices(adapters, options), texts: makeTextPredictor({ artifacts: adapters.blobs.artifacts }) },
  );

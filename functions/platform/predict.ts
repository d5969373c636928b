/** The platform's function for predictions, the only one that loads ONNX Runtime. */
import type { Adapters } from '#domain/ports/adapters.ts';
import type { HandlerOptions, HttpHandler } from '#functions/http/contract.ts';
import { makeServices } from '#functions/http/route.ts';
import { makeSurface } from '#functions/http/surface.ts';
import { makePredictor } from '#learning/predictor.ts';
import { makeTextPredictor } from '#learning/text/predictor.ts';
import { renderError } from './errors.ts';
import { predict } from './models/predict.ts';

export const makeHandler = (adapters: Adapters, options: HandlerOptions): HttpHandler =>
  makeSurface(
    { routes: [predict], renderError },
    {
      ...makeServices(adapters, options),
      predictor: makePredictor({ artifacts: adapters.blobs.artifacts }),
      texts: makeTextPredictor({ artifacts: adapters.blobs.artifacts }),
    },
  );

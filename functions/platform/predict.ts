/** The platform's function for predictions, the only one that loads ONNX Runtime: its own, and those of the Open Inference Protocol. */
import type { Adapters } from '#domain/ports/adapters.ts';
import type { HandlerOptions, HttpHandler } from '#functions/http/contract.ts';
import { makeServices, type Route } from '#functions/http/route.ts';
import { makeSurface } from '#functions/http/surface.ts';
import { dividedByWeight, makePredictor, type Predictor } from '#learning/predictor.ts';
import { renderError } from './errors.ts';
import { predict } from './models/predict.ts';
import { oipRoutes } from './oip/routes.ts';
import type { InferenceServices } from './oip/services.ts';

export interface PredictOptions extends HandlerOptions {
  /** Makes predictions that take long where they hold up no other call. Default: they are made like the others. */
  readonly heavyPredictor?: Pick<Predictor, 'predict'>;
}

export function makeHandler(adapters: Adapters, { heavyPredictor, ...options }: PredictOptions): HttpHandler {
  const { loadedModels: maxModels } = options.settings;
  const here = makePredictor({ artifacts: adapters.blobs.artifacts, runsAtOnce: true, maxModels });
  const divided = heavyPredictor ? dividedByWeight(here, heavyPredictor) : here;
  const predictor = { describe: here.describe, predict: divided.predict };
  const routes: readonly Route<InferenceServices>[] = [predict, ...oipRoutes];
  return makeSurface({ routes, renderError }, { ...makeServices(adapters, options), predictor });
}

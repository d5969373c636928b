import type { Services } from '#functions/http/route.ts';
import type { Predictor } from '#learning/predictor.ts';

export interface InferenceServices extends Services {
  /** Only a type here, so that declaring a route does not load ONNX Runtime. */
  readonly predictor: Pick<Predictor, 'predict' | 'describe'>;
}

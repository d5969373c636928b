import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { Awaitable } from '#domain/awaitable.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Settings } from '#domain/settings.ts';
import type { Predictor } from '#learning/predictor.ts';
import { type FunctionName, functions } from '../../topology.ts';
import { permitted } from './permitted.ts';

export const projectRoot = fileURLToPath(new URL('../../..', import.meta.url));

export interface HandlerOptions {
  readonly settings: Settings;
  readonly logger: Logger;
  /** Aborts when the host is about to terminate this thread. */
  readonly closing?: AbortSignal;
  /** For predictions: see `functions/platform/predict.ts`. */
  readonly heavyPredictor?: Pick<Predictor, 'predict'>;
}

export type Handler = (event: unknown, ...rest: readonly unknown[]) => Awaitable<unknown>;

/**
 * Loads a function's entry point with the adapters that it may use, as `layers/aws/wiring.ts` and its role do in the
 * cloud.
 */
export async function loadHandler(name: FunctionName, adapters: Adapters, options: HandlerOptions): Promise<Handler> {
  const entry: unknown = await import(pathToFileURL(join(projectRoot, functions[name].entry)).href);
  const { makeHandler } = entry as { makeHandler: (adapters: Adapters, options: HandlerOptions) => Handler };
  return makeHandler(permitted(name, adapters), options);
}

/** Predictions in a thread of their own, for those that take too long for the thread of the listener. */
import { randomUUID } from 'node:crypto';
import { DamagedFileError, type ErrorDetail, NotFoundError, ValidationError } from '#domain/errors.ts';
import type { ServedModel } from '#domain/models/record.ts';
import type { Prediction, PredictionOptions, Predictor, Row } from '#learning/predictor.ts';
import { functions } from '../../topology.ts';
import type { WorkerSetup } from './messages.ts';
import { WorkerPool } from './pool.ts';

/** What the thread is asked, as the event of a call. */
export interface PredictionEvent {
  readonly model: ServedModel;
  readonly rows: readonly Row[];
  readonly options: PredictionOptions;
}

/** Errors lose their class between threads. */
export type PredictionResult =
  | { readonly kind: 'predictions'; readonly predictions: readonly Prediction[] }
  | { readonly kind: 'damaged'; readonly what: string; readonly remedy: string }
  | { readonly kind: 'invalid'; readonly message: string; readonly details: readonly ErrorDetail[] }
  | { readonly kind: 'notFound'; readonly message: string };

/** Calls that the thread has in hand at once: those that wait for a model share its runs. */
const CALLS = 64;

const FUNCTION = 'platform-predict';
const PROGRAM = new URL('./predictor-thread.ts', import.meta.url);

export class HeavyPredictor implements Pick<Predictor, 'predict'> {
  readonly #pool: WorkerPool;

  /** The thread starts with the first prediction, or before it with `warm`. */
  constructor(setup: Omit<WorkerSetup, 'name'>) {
    const { memoryMegabytes } = functions[FUNCTION];
    const options = { size: 1, turnsAtOnce: CALLS, memoryMegabytes, program: PROGRAM };
    this.#pool = new WorkerPool({ name: FUNCTION, ...setup }, options);
  }

  async predict(
    model: ServedModel,
    rows: readonly Row[],
    options: PredictionOptions = {},
  ): Promise<readonly Prediction[]> {
    const event: PredictionEvent = { model, rows, options };
    const milliseconds = functions[FUNCTION].timeoutSeconds * 1000;
    const call = { event, requestId: randomUUID(), milliseconds, body: undefined, baseUrl: '' };
    const result = (await this.#pool.call(call)) as PredictionResult;
    if (result.kind === 'invalid') throw new ValidationError(result.details, result.message);
    if (result.kind === 'damaged') throw new DamagedFileError(result.what, result.remedy);
    if (result.kind === 'notFound') throw new NotFoundError(result.message);
    return result.predictions;
  }

  /** Starts the thread, which takes longer than most predictions. */
  warm(): void {
    this.#pool.start();
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

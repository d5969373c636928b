/** Sends predictions to the log of their model. */
import { send } from '#domain/messages.ts';
import type { ServedModel } from '#domain/models/record.ts';
import type { Json } from '#domain/ports/table/port.ts';
import { newPredictionId } from '#domain/prediction-log/ids.ts';
import { logMessageOf } from '#domain/prediction-log/message.ts';
import type { LoggedOutput } from '#domain/prediction-log/record.ts';
import { isoTime } from '#domain/times.ts';
import type { Services } from '#functions/http/route.ts';
import type { Input, Prediction } from '#learning/predictor.ts';
import { nameOf } from './truth.ts';

/** What an answer says of the log. */
export interface Logged {
  readonly prediction_id: string;
  /** The first rows of the request: a message to the log has room for so many. */
  readonly logged_rows: number;
}

/** Resolves with nothing if the queue cannot be reached: then the predictions are answered all the same. */
export async function logPredictions(
  { adapters, logger }: Services,
  { id, account_id, number }: ServedModel,
  inputs: readonly Input[],
  predictions: readonly Prediction[],
): Promise<Logged | undefined> {
  const now = adapters.now();
  const prediction_id = newPredictionId(number, now);
  const about = { account_id, model_id: id, prediction_id, at: isoTime(now) };
  const message = logMessageOf({ ...about, inputs: inputs as readonly Json[], outputs: predictions.map(outputOf) });
  try {
    await send(adapters.queues.logs, message);
    return { prediction_id, logged_rows: message.rows.length };
  } catch (error) {
    logger.error('predictions not logged', { model_id: id, prediction_id, error });
    return undefined;
  }
}

/** Several labels are logged as what they are together, too. */
function outputOf(of: Prediction): LoggedOutput {
  if ('value' in of) return { value: of.value };
  if (!('labels' in of)) return { class: of.class, confidence: of.confidence };
  const labels = of.labels.map(({ label }) => label);
  return { class: nameOf(labels), confidence: of.labels[0]?.confidence ?? 0, labels };
}

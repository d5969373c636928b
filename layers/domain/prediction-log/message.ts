/** A request for predictions as a message for the log, which has room for so much. */
import { LIMITS } from '../limits.ts';
import type { LogMessage } from '../messages.ts';
import type { Json } from '../ports/table/port.ts';
import type { LoggedOutput } from './record.ts';

const { inputBytes, requestBytes } = LIMITS.predictionLog;

export interface Predicted {
  readonly account_id: string;
  readonly model_id: string;
  readonly prediction_id: string;
  readonly at: string;
  readonly inputs: readonly Json[];
  readonly outputs: readonly LoggedOutput[];
}

/** The first rows, as many as there is room for. An input that is too large, such as a photograph, is null. */
export function logMessageOf({ inputs, outputs, ...about }: Predicted): LogMessage {
  const rows: LogMessage['rows'] = [];
  let left = requestBytes;
  for (const [row, output] of outputs.entries()) {
    const given = inputs[row] ?? null;
    const input = bytesOf(given) <= inputBytes ? given : null;
    const logged = { row, input, output } as LogMessage['rows'][number];
    left -= bytesOf(logged) + 1;
    if (left < 0) break;
    rows.push(logged);
  }
  return { ...about, rows };
}

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

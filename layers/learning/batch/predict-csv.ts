/** Predictions for all that a dataset's file has, as a CSV file (RFC 4180), in bounded memory. */
import { ValidationError } from '#domain/errors.ts';
import type { Input, Prediction, PredictionOptions } from '../predictor.ts';
import type { Serving } from '../serving/description.ts';
import type { BatchRow, BatchRows } from './batch-row.ts';

export interface CsvPredictions {
  readonly serving: Serving;
  readonly options: Required<Pick<PredictionOptions, 'probabilities'>>;
  readonly predict: (inputs: readonly Input[]) => Promise<readonly Prediction[]>;
  /** Is called after each piece, with the rows so far. It throws to end. */
  readonly onRows: (rows: number) => Promise<void>;
}

/**
 * The file in pieces: the row's number from 1, what is repeated of it, and the prediction.
 * @throws ValidationError for a value that the model does not take, with fields such as `row 3, island`
 */
export async function* predictCsv(
  { header, piece: most, rows }: BatchRows,
  { serving, options, predict, onRows }: CsvPredictions,
): AsyncGenerator<Buffer, void, undefined> {
  const predicted = predictedColumns(serving, options);
  const none = predicted.map(() => '');
  yield csv([['row', ...header, ...predicted]]);

  let done = 0;
  let piece: BatchRow[] = [];
  const predictPiece = async (): Promise<Buffer> => {
    const asked = piece.filter((row): row is BatchRow & { readonly input: Input } => row.input !== undefined);
    const inputs = asked.map(({ input }) => input);
    const predictions = await (asked.length === 0 ? Promise.resolve([]) : predict(inputs)).catch((error: unknown) => {
      throw aboutFile(error, asked);
    });
    const answers = new Map(asked.map((row, i) => [row as BatchRow, predictions[i]!]));
    const lines = piece.map((row, i) => {
      const answer = answers.get(row);
      return [String(done + i + 1), ...row.repeated, ...(answer ? shown(answer, serving) : none)];
    });
    done += piece.length;
    piece = [];
    await onRows(done);
    return csv(lines);
  };
  for await (const row of rows) {
    piece.push(row);
    if (piece.length === most) yield await predictPiece();
  }
  if (piece.length > 0) yield await predictPiece();
}

function predictedColumns({ task, classes }: Serving, { probabilities }: CsvPredictions['options']): string[] {
  if (task === 'regression') return ['value'];
  const likely = probabilities ? classes.map((name) => `probability_${name}`) : [];
  if (task === 'multilabel') return ['labels', ...likely];
  return ['class', 'confidence', ...likely];
}

function shown(prediction: Prediction, { classes }: Serving): string[] {
  if ('value' in prediction) return [String(prediction.value)];
  const { probabilities } = prediction;
  const all = probabilities ? classes.map((one) => String(probabilities[one])) : [];
  if ('labels' in prediction) return [prediction.labels.map(({ label }) => label).join(BETWEEN_LABELS), ...all];
  return [prediction.class, String(prediction.confidence), ...all];
}

/** A file with such cells can be learned from again. */
const BETWEEN_LABELS = '|';

const csv = (lines: readonly (readonly string[])[]): Buffer =>
  Buffer.from(lines.map((cells) => `${cells.map(quoted).join(',')}\r\n`).join(''), 'utf8');

const quoted = (cell: string): string => (/[",\r\n]|^ | $/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** Errors about a piece's inputs, as errors about the file. */
function aboutFile(error: unknown, piece: readonly BatchRow[]): unknown {
  if (!(error instanceof ValidationError)) return error;
  const details = error.details.map(({ field, message }) => {
    const place = /^inputs((?:\[\d{1,9}\]){1,3})/.exec(field)?.[1];
    if (place === undefined) return { field, message };
    const [row = 0, ...at] = place.slice(1, -1).split('][').map(Number);
    return { field: piece[row]?.placeOf(at) ?? field, message };
  });
  return new ValidationError(details, error.message);
}

/** Predictions for every row of a dataset's file, as a CSV file (RFC 4180), in bounded memory. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { ValidationError } from '#domain/errors.ts';
import type { TableBytes } from '../files/source-bytes.ts';
import type { Prediction, PredictionOptions, Row } from '../predictor.ts';
import type { ServedFeature, Serving } from '../serving/description.ts';
import { readDataset } from './dataset.ts';

export interface CsvPredictions {
  /** Of the file. */
  readonly profile: DatasetProfile;
  readonly serving: Serving;
  readonly options: Required<Pick<PredictionOptions, 'probabilities'>>;
  /** Columns of the file to repeat. */
  readonly include: readonly string[];
  readonly predict: (rows: readonly Row[]) => Promise<readonly Prediction[]>;
  /** Is called after each piece, with the rows so far. It throws to end. */
  readonly onRows: (rows: number) => Promise<void>;
}

/** A piece has at most so many rows, and so many cells: rows may have thousands of features. */
const PIECE = { rows: 1000, cells: 100_000 };

/**
 * The file in pieces: the row's number from 1, the columns to repeat, and the prediction.
 * @throws ValidationError for a cell that the model does not take, with fields such as `row 3, island`
 */
export async function* predictCsv(
  bytes: TableBytes,
  { profile, serving, options, include, predict, onRows }: CsvPredictions,
): AsyncGenerator<Buffer, void, undefined> {
  const { rows, placeOf, readerOf } = await readDataset(bytes, profile);
  const columns = serving.features.map((feature) => ({ at: placeOf(feature.name), read: readerOf(feature) }));
  const repeated = include.map(placeOf);
  const pieceRows = Math.max(1, Math.min(PIECE.rows, Math.floor(PIECE.cells / columns.length)));
  yield csv([['row', ...include, ...predictedColumns(serving, options)]]);

  let done = 0;
  let piece: (readonly string[])[] = [];
  const predictPiece = async (): Promise<Buffer> => {
    const values = piece.map((record) => columns.map(({ at, read }) => read(record[at] ?? '')));
    const predictions = await predict(values).catch((error: unknown) => {
      throw aboutFile(error, serving.features, done);
    });
    const lines = predictions.map((prediction, i) => [
      String(done + i + 1),
      ...repeated.map((at) => piece[i]![at] ?? ''),
      ...shown(prediction, serving),
    ]);
    done += piece.length;
    piece = [];
    await onRows(done);
    return csv(lines);
  };
  for await (const record of rows) {
    piece.push(record);
    if (piece.length === pieceRows) yield await predictPiece();
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

/** Errors about a piece's rows, as errors about the file's. */
function aboutFile(error: unknown, features: readonly ServedFeature[], before: number): unknown {
  if (!(error instanceof ValidationError)) return error;
  const details = error.details.map(({ field, message }) => {
    const place = /^inputs\[(\d+)\](?:\[(\d+)\])?/.exec(field);
    if (!place) return { field, message };
    const feature = place[2] === undefined ? undefined : features[Number(place[2])];
    return { field: `row ${before + Number(place[1]) + 1}${feature ? `, ${feature.name}` : ''}`, message };
  });
  return new ValidationError(details, error.message);
}

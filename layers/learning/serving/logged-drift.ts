/** Compares what a model's log has of a period: the inputs with the training data, and the answers with earlier ones. */
import { DamagedFileError } from '#domain/errors.ts';
import type { ServedModel } from '#domain/models/record.ts';
import { logFilesOf } from '#domain/prediction-log/files.ts';
import type { LogFile, LoggedRow } from '#domain/prediction-log/record.ts';
import { type Reading, rowsOf } from '#domain/prediction-log/rows.ts';
import { takesText } from '../text/description.ts';
import { Drift, type FeatureDrift } from './drift.ts';
import type { Input } from './input.ts';
import { type OutputDrift, PredictionDrift } from './prediction-drift.ts';
import { readReference, readServing } from './stored.ts';

/** Epoch milliseconds, both inclusive. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** What is read at most: of more files, some in regular distances. */
export interface ReadLimits {
  readonly files: number;
  readonly rows: number;
}

export interface LoggedDrift {
  /** In files of the period. */
  readonly rows: number;
  /** Those that this says something of. */
  readonly read: number;
  /** Of a table. */
  readonly features: readonly FeatureDrift[];
  /** Beside those of as long a time before the period. */
  readonly predictions: readonly OutputDrift[];
  /** Files that are left out, also of the time before the period. */
  readonly damaged: readonly LogFile[];
}

export async function loggedDrift(
  reading: Reading,
  model: ServedModel,
  period: Period,
  limits: ReadLimits,
): Promise<LoggedDrift> {
  const [found, predictions] = [await featuresOf(reading, model), new PredictionDrift()];
  const before = { from: period.from - (period.to - period.from) - 1, to: period.from - 1 };
  const earlier = await eachRows(reading, model, before, limits, (rows) =>
    predictions.addBefore(rows.map(({ output }) => output)),
  );
  const { rows, read, damaged } = await eachRows(reading, model, period, limits, (some) => {
    predictions.add(some.map(({ output }) => output));
    found?.add(some.flatMap(({ input }) => (input === null ? [] : [input as Input])));
  });
  return {
    ...{ rows, read, features: found?.features ?? [], predictions: predictions.outputs },
    // A file may have predictions of both times.
    damaged: [...new Map([...earlier.damaged, ...damaged].map((file) => [file.id, file])).values()],
  };
}

/** `undefined` for a model of something else than tables. */
async function featuresOf({ blobs: { artifacts } }: Reading, model: ServedModel): Promise<Drift | undefined> {
  const [serving, reference] = await Promise.all([readServing(artifacts, model), readReference(artifacts, model)]);
  return takesText(model) || (serving.kind ?? 'table') !== 'table' ? undefined : new Drift(serving, reference);
}

/** Files that are read at once. */
const TOGETHER = 8;

async function eachRows(
  reading: Reading,
  { account_id, id }: ServedModel,
  period: Period,
  limits: ReadLimits,
  use: (rows: LoggedRow[]) => void,
): Promise<Pick<LoggedDrift, 'rows' | 'read' | 'damaged'>> {
  const all: LogFile[] = [];
  for await (const file of logFilesOf(reading.table, account_id, id, period)) all.push(file);
  const seen = new Set<string>();
  const isNew = ({ prediction_id, row, at }: LoggedRow): boolean => {
    const place = `${prediction_id} ${row}`;
    const time = Date.parse(at);
    // What was delivered to the log twice is in two files.
    if (time < period.from || time > period.to || seen.has(place)) return false;
    seen.add(place);
    return true;
  };
  const damaged: LogFile[] = [];
  const readable = async (file: LogFile): Promise<LoggedRow[]> => {
    try {
      return await rowsOf(reading, account_id, file);
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      damaged.push(file);
      return [];
    }
  };
  const files = evenly(all, limits.files);
  for (let from = 0; from < files.length && seen.size < limits.rows; from += TOGETHER) {
    const some = files.slice(from, from + TOGETHER);
    use((await Promise.all(some.map(readable))).flat().filter(isNew));
  }
  return { rows: all.reduce((sum, file) => sum + file.rows, 0), read: seen.size, damaged };
}

/** As many as are read, in regular distances. */
function evenly(files: readonly LogFile[], limit: number): LogFile[] {
  const most = Math.min(files.length, limit);
  return Array.from({ length: most }, (_, at) => files[Math.floor((at * files.length) / most)]!);
}

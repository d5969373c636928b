/** What a batch prediction predicts, one after another, whatever the kind of data. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { BatchWarning } from '#domain/predictions/record.ts';
import type { Serving } from '../serving/description.ts';
import type { Input } from '../serving/input.ts';

export interface BatchRow {
  /** Absent where there is nothing to predict, as for the first rows of a series. */
  readonly input?: Input;
  /** What the file repeats of it. */
  readonly repeated: readonly string[];
  /** The part of the file that an error is about; `at` are the places within the input. */
  readonly placeOf: (at: readonly number[]) => string;
}

export interface BatchRows {
  /** What `repeated` is called. */
  readonly header: readonly string[];
  /** At most so many are predicted at once. */
  readonly piece: number;
  readonly rows: AsyncIterable<BatchRow>;
  /** What is to be said of the cells that were read so far. */
  readonly warnings?: () => readonly BatchWarning[];
}

export interface RowsWanted {
  readonly profile: DatasetProfile;
  readonly serving: Serving;
  /** Columns to repeat. */
  readonly include: readonly string[];
}

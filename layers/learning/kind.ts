/**
 * A kind of data: how a file of it is recognised and described, how its rows become what a network takes, and what a
 * request for a prediction has. A family of networks says which kinds it takes.
 *
 *     file ── recognises ── profile ─▶ profile.json
 *     file + profile ── prepare ─▶ encoded rows + encoding ── front ─▶ network           (training)
 *     request ── tensors ─▶ raw inputs ── encoded ─▶ encoded rows ── front ─▶ network   (`model.onnx`)
 */
import type { DatasetProfile, KindName } from '#domain/datasets/profile.ts';
import type { Tensors } from '#engine/tensor.ts';
import type { Wanted } from '#zoo/family.ts';
import type { BatchRows, RowsWanted } from './batch/batch-row.ts';
import type { Encoding } from './encoding.ts';
import type { Prepared, PrepareOptions } from './prepared.ts';
import type { Parts, Profiled, ProfileOptions } from './profile/profile.ts';
import type { InputFacts, Unit } from './serving/card.ts';
import type { ServedFeature, Serving } from './serving/description.ts';
import type { Explainer, Explanation, Run } from './serving/explain.ts';
import type { Input } from './serving/input.ts';
import type { TensorInputs } from './serving/tensor-inputs.ts';
import type { Source } from './source.ts';

export type Guess = Pick<DatasetProfile, 'kind' | 'images' | 'rows' | 'columns' | 'features' | 'target'>;

/** What can be said about a training before the file is read again. */
export interface Outline {
  /** A row of the network's input, as far as it is known. */
  readonly shape: readonly number[];
  /** Whether it is known as it will be, once the file has been read. Default: it is about so. */
  readonly isExact?: boolean;
  /** Rows to learn from and to validate with. */
  readonly rows: number;
  /** Of memory, or of disk where that is too much. */
  readonly bytes: number;
  /** For reading and encoding. */
  readonly seconds: number;
}

/** Rows to explain, and the model. */
export interface Explained {
  readonly serving: Serving;
  readonly inputs: readonly Input[];
  readonly run: Run;
}

export interface Kind {
  readonly name: KindName;
  /** As a sentence says it, in the plural. */
  readonly label: string;
  /** What a network learns from, one by one, in the plural. */
  readonly unit: Unit;
  /** Whether the file is one of this kind. The first kind that says so reads it. */
  recognises(source: Source): Promise<boolean>;
  /** Throws `ValidationError` naming what is wrong with the file. */
  profile(source: Source, options: ProfileOptions): Promise<DatasetProfile>;
  /** The same for files that may take longer to read than there is time. Absent: they are read in one go. */
  profileInParts?(source: Source, options: ProfileOptions, parts: Parts): Promise<Profiled>;
  /** Whether rows of the dataset can be read as this kind. Some tables are images, or series. */
  takes(profile: DatasetProfile): boolean;
  /** Which tables it takes, as a sentence about their features says it. Absent: all, or none. */
  readonly tables?: string;
  /** Of a table that it does not take: what would have to be left out, where that is little, as a message says it. */
  besides?(profile: DatasetProfile): string | undefined;
  /** What a file of so many bytes may turn out to be, before anybody has read it. */
  guess(bytes: number): Guess;
  /** Throws `ValidationError` with fields such as `hyperparameters.window` for a wish that the dataset cannot fulfil. */
  expect?(profile: DatasetProfile, wanted: Wanted): void;
  outline(profile: DatasetProfile, wanted: Wanted): Outline;
  /** Throws `TrainingFailure` if the data cannot be learned from. */
  prepare(source: Source, profile: DatasetProfile, options: PrepareOptions): Promise<Prepared>;
  /** The raw inputs of `model.onnx` for what a request has. Throws `ValidationError` with fields such as `inputs[3]`. */
  tensors(serving: Serving, inputs: readonly Input[]): Promise<Tensors> | Tensors;
  /** Whether that takes long, as decoding large images does. Absent: it never does. */
  takesLong?(inputs: readonly Input[]): boolean;
  /**
   * What a request has in pieces that are run one after another, for kinds whose rows are as wide as the longest; absent for
   * others. Throws `ValidationError` as `tensors` does.
   */
  pieces?(serving: Serving, inputs: readonly Input[]): readonly (readonly Input[])[];
  /** By which parts of a row its prediction is explained. */
  readonly explainer: Explainer;
  /** Explains rows that have parts of their own, such as the words of a text; absent where all have the explainer's. */
  explain?(of: Explained): Promise<Explanation[]>;
  /** The columns of a table whose rows a model of the kind takes. `undefined`: it takes no tables. */
  columns(serving: Serving): readonly ServedFeature[] | undefined;
  /** What a batch prediction predicts of a dataset. Throws `ValidationError`, also while its rows are read. */
  batch(source: Source, wanted: RowsWanted): Promise<BatchRows>;
  /** The columns that a dataset must have for that. `undefined`: it is no table. */
  batchColumns(serving: Serving): readonly ServedFeature[] | undefined;
  /** What a model takes in the Open Inference Protocol. */
  tensorInputs(serving: Serving): TensorInputs;
  /** A row of what a caller gives, as the model's record has it. */
  inputShape(encoding: Encoding): readonly number[];
  /** The same as answers show it; absent where they show it as it is. */
  shownShape?(shape: readonly number[]): readonly number[];
  /** What a model card says of the inputs. */
  card(serving: Serving): InputFacts;
}

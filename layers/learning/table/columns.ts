/** A file's usable cells in memory, column by column, before anything is learned from them. */

/** Numbers in their own unit, or timestamps in epoch milliseconds; NaN is missing. */
export interface NumberColumn {
  readonly kind: 'numbers';
  readonly name: string;
  readonly type: 'number' | 'timestamp';
  readonly values: Float64Array;
}

/** Categories or booleans, as positions in `words`; -1 is missing. */
export interface WordColumn {
  readonly kind: 'words';
  readonly name: string;
  readonly type: 'category' | 'boolean';
  readonly words: readonly string[];
  readonly values: Int32Array;
}

export type Column = NumberColumn | WordColumn;

/** Each row's target: the position of its class, its number, or for each class 1 if the row has it [rows, classes]. */
export type Target =
  | { readonly task: 'classification'; readonly classes: readonly string[]; readonly values: Int32Array }
  | { readonly task: 'regression'; readonly values: Float64Array }
  | { readonly task: 'multilabel'; readonly classes: readonly string[]; readonly values: Uint8Array };

/** The number of rows. */
export const countOf = (target: Target): number =>
  target.task === 'multilabel' ? target.values.length / target.classes.length : target.values.length;

/** Empty for a regression. */
export const classesOf = (target: Target): readonly string[] => (target.task === 'regression' ? [] : target.classes);

/** What the split of the rows follows: the group of each row (-1 is none, a group of its own), or its time (NaN is none). */
export type SplitBy =
  | { readonly by: 'group'; readonly values: Int32Array }
  | { readonly by: 'time'; readonly values: Float64Array };

/** The rows that have a target, without text columns. */
export interface Rows {
  readonly count: number;
  readonly columns: readonly Column[];
  readonly target: Target;
  /** Absent: the split is random. */
  readonly splitBy?: SplitBy;
  /** The columns with these roles. */
  readonly group?: WordColumn;
  readonly time?: NumberColumn;
  /** Names of the columns that are not used. */
  readonly leftOut: readonly string[];
}

/** A file's usable cells in memory, a column at a time, before anything is learned from them. */

/** Numbers in their own unit, or timestamps in epoch milliseconds; NaN is missing. */
export interface NumberColumn {
  readonly kind: 'numbers';
  readonly name: string;
  readonly type: 'number' | 'timestamp';
  readonly values: Float64Array;
}

/** Categories or truth values as positions in `words`; -1 is missing. */
export interface WordColumn {
  readonly kind: 'words';
  readonly name: string;
  readonly type: 'category' | 'boolean';
  readonly words: readonly string[];
  readonly values: Int32Array;
}

export type Column = NumberColumn | WordColumn;

/** The target of each row: the position of its class, or its number. */
export type Target =
  | { readonly task: 'classification'; readonly classes: readonly string[]; readonly values: Int32Array }
  | { readonly task: 'regression'; readonly values: Float64Array };

/** Rows that have a target; text columns are left out. */
export interface Rows {
  readonly count: number;
  readonly columns: readonly Column[];
  readonly target: Target;
  /** Names of the text columns. */
  readonly leftOut: readonly string[];
}

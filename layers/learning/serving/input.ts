/** What a request has for one prediction, whatever the kind of data. */

/** One value of a row; `null` is missing. */
export type Cell = string | number | boolean | null;
/** Values in the order of the model's features, or by feature name. */
export type Row = readonly Cell[] | Readonly<Record<string, Cell>>;
/** Numbers in arrays of arrays, as an image has them, or rows of a series. */
export type Nested = readonly (Cell | Row | Nested)[];
/** A row of a table; a text, or an image as base64 or as a data URL; an image or a series as nested arrays. */
export type Input = Row | string | Nested;

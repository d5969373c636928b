/** What a request has for one prediction, whatever the kind of data. */

/** One value of a row; `null` is missing. */
export type Cell = string | number | boolean | null;
/** Values in the order of the model's features, or by feature name. */
export type Row = readonly Cell[] | Readonly<Record<string, Cell>>;
/** Numbers in arrays of arrays, as an image has them, or rows of a series. */
export type Nested = readonly (Cell | Row | Nested)[];
/** A row of a table; a text, or an image as base64 or as a data URL; an image or a series as nested arrays. */
export type Input = Row | string | Nested;

/** More dimensions than an image with channels has are not told apart. */
const MOST_DIMENSIONS = 4;

/** How long an array is, its first element, that one's, and so on: what is ragged has another number of elements. */
export function shapeOf(input: unknown): number[] {
  const shape: number[] = [];
  for (let at = input; Array.isArray(at) && shape.length < MOST_DIMENSIONS; at = at[0]) shape.push(at.length);
  return shape;
}

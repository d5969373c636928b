/** Splits rows of which only some can be learned from. */
import { countOf, type Rows, type Target } from '../table/columns.ts';
import type { Split } from '../table/split.ts';

type Splittable = Pick<Rows, 'target' | 'splitBy'>;

/**
 * @param present the rows that can be, ascending
 * @param splitRows for rows that all can be
 */
export function splitPresent(rows: Splittable, present: Int32Array, splitRows: (rows: Splittable) => Split): Split {
  if (present.length === countOf(rows.target)) return splitRows(rows);
  const { training, validation, test } = splitRows(onlyRows(rows, present));
  const numbersOf = (places: Int32Array) => places.map((place) => present[place]!);
  return { training: numbersOf(training), validation: numbersOf(validation), test: numbersOf(test) };
}

function onlyRows({ target, splitBy }: Splittable, present: Int32Array): Splittable {
  const some = { target: onlyTargets(target, present) };
  if (splitBy?.by === 'group')
    return { ...some, splitBy: { by: 'group', values: present.map((row) => splitBy.values[row]!) } };
  if (splitBy?.by === 'time')
    return { ...some, splitBy: { by: 'time', values: Float64Array.from(present, (row) => splitBy.values[row]!) } };
  return some;
}

function onlyTargets(target: Target, present: Int32Array): Target {
  if (target.task === 'classification') return { ...target, values: present.map((row) => target.values[row]!) };
  if (target.task === 'regression')
    return { ...target, values: Float64Array.from(present, (row) => target.values[row]!) };
  const width = target.classes.length;
  const values = new Uint8Array(present.length * width);
  for (const [i, row] of present.entries())
    values.set(target.values.subarray(row * width, (row + 1) * width), i * width);
  return { ...target, values };
}

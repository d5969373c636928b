/** Series of a request as the tensors that a model takes. */
import { Faults } from '#domain/faults.ts';
import { type DataOf, type Tensors, tensor } from '#engine/tensor.ts';
import type { Serving } from '../serving/description.ts';
import { type Input, shapeOf } from '../serving/input.ts';
import { rowTensors } from '../serving/rows.ts';
import { windowOf } from './encoding.ts';

/**
 * The latest rows of each series, as many as the model's window has.
 * @throws ValidationError with fields such as `inputs[3]` for a series that is too short, or `inputs[3][12][2]` for a cell
 */
export function seriesTensors(serving: Serving, inputs: readonly Input[]): Tensors {
  const { steps } = windowOf(serving);
  const faults = new Faults();
  const firsts: number[] = [];
  const rows: Input[] = [];
  for (const [i, series] of inputs.entries()) {
    if (faults.full) break;
    const field = `inputs[${i}]`;
    if (!Array.isArray(series)) {
      faults.add(field, `must be an array of at least ${steps} rows, as the model's window has; got no array`);
    } else if (shapeOf(series).length > 2) {
      const shape = shapeOf(series).join(', ');
      faults.add(field, `must be one series, an array of at least ${steps} rows; got an array [${shape}]`);
    } else if (series.length < steps) {
      faults.add(field, `must have at least ${steps} rows, as the model's window has; got ${series.length}`);
    } else {
      firsts.push(series.length - steps);
      for (const [j, row] of series.slice(-steps).entries()) {
        if (typeof row === 'object' && row !== null) rows.push(row);
        else if (!faults.full) {
          faults.add(
            `${field}[${series.length - steps + j}]`,
            `must be a row, an array or an object; got ${JSON.stringify(row)}`,
          );
        }
      }
    }
  }
  faults.throwIfAny();
  const placeOf = (row: number): string => {
    const series = Math.floor(row / steps);
    return `inputs[${series}][${firsts[series]! + (row % steps)}]`;
  };
  const columns = rowTensors(serving.features, rows, placeOf);
  return Object.fromEntries(
    Object.entries(columns).map(([name, { dtype, data }]) => [
      name,
      tensor(dtype, [inputs.length, steps], data as DataOf[typeof dtype]),
    ]),
  );
}

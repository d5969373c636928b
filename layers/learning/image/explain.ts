/** Predictions of images are explained by the regions of a grid. In place of a region, there is the mean of its channel. */
import { expectTensor, tensor } from '#engine/tensor.ts';
import type { Serving } from '../serving/description.ts';
import type { Cut, Explainer } from '../serving/explain.ts';
import { expectFew, rowsTogether } from '../serving/explain-bounds.ts';
import { IMAGE_INPUT, imageInputOf } from './encoding.ts';
import { drawContributions } from './picture.ts';

/** By the numbers of an image: the regions along a side, and in how many orders they are put in. */
const GRIDS = [
  { numbers: 3 * 64 ** 2, side: 8, orders: 8 },
  { numbers: 2 ** 18, side: 8, orders: 2 },
  { numbers: Number.POSITIVE_INFINITY, side: 5, orders: 2 },
] as const;

function gridOf(serving: Serving) {
  const { channels, height, width } = imageInputOf(serving);
  const numbers = channels * height * width;
  const { side, orders } = GRIDS.find((grid) => numbers <= grid.numbers)!;
  const [rows, columns] = [Math.min(side, height), Math.min(side, width)];
  return { numbers, orders, rows, columns, parts: rows * columns };
}

/** A network may take long for an image: an image is explained whatever its size. */
const costOf = ({ numbers, ...grid }: ReturnType<typeof gridOf>) => ({ ...grid, numbers: Math.min(numbers, 2 ** 18) });

export const imageExplainer: Explainer = {
  noReference: 'must be left out for a model of images',
  expect: (serving, rows) => {
    const { channels, height, width } = imageInputOf(serving);
    expectFew(costOf(gridOf(serving)), rows, `images of ${channels} × ${height} × ${width}`);
  },
  cut: (serving, inputs): Cut => {
    const { channels, height, width, values } = imageInputOf(serving);
    const grid = gridOf(serving);
    const { data } = expectTensor(IMAGE_INPUT, inputs[IMAGE_INPUT], 'float32');
    const imageAt = (row: number): Float32Array => data.subarray(row * grid.numbers, (row + 1) * grid.numbers);
    const partOf = Int32Array.from({ length: height * width }, (_, pixel) => {
      const [y, x] = [Math.floor(pixel / width), pixel % width];
      return Math.floor((y * grid.rows) / height) * grid.columns + Math.floor((x * grid.columns) / width);
    });
    return {
      ...grid,
      together: rowsTogether(grid),
      mixed: (row, count, isOwn) => {
        const own = imageAt(row);
        // The graph takes a missing number for the mean.
        const mixed = new Float32Array(count * grid.numbers).fill(Number.NaN);
        for (let at = 0; at < count; at++) {
          const isKept = Array.from({ length: grid.parts }, (_, part) => isOwn(part, at));
          for (let i = 0; i < grid.numbers; i++) {
            if (isKept[partOf[i % partOf.length]!]) mixed[at * grid.numbers + i] = own[i]!;
          }
        }
        return { [IMAGE_INPUT]: tensor('float32', [count, channels, height, width], mixed) };
      },
      shown: async (row, contributions) => ({
        picture: await drawContributions({
          ...{ image: imageAt(row), channels, height, width, partOf, contributions },
          bytes: values === 'bytes',
        }),
        contributions: Array.from({ length: grid.rows }, (_, y) =>
          contributions.slice(y * grid.columns, (y + 1) * grid.columns),
        ),
      }),
    };
  },
};

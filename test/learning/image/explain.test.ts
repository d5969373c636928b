import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { expectTensor, tensor } from '#engine/tensor.ts';
import { imageExplainer } from '#learning/image/explain.ts';
import type { Serving } from '#learning/serving/description.ts';
import { explained, modelOf } from '../serving/shapley.ts';

const serving = (channels: number, height: number, width: number, values = 'bytes'): Serving => ({
  ...{ format: 1, kind: 'image', task: 'regression', target: 'y', features: [], classes: [] },
  input: { channels, height, width, values },
});

/** The mean of the training images, which a graph takes a missing number for. */
const MEAN = 100;
const known = (value: number): number => (Number.isNaN(value) ? MEAN : value);

const SIDE = 16;
/** Looks at the corner of two regions' width at the top left alone. */
const corner = modelOf((row, { image }) => {
  const { data } = expectTensor('image', image, 'float32');
  let sum = 0;
  for (let y = 0; y < 4; y++) for (let x = 0; x < 4; x++) sum += known(data[row * SIDE ** 2 + y * SIDE + x]!);
  return sum / 16;
});
/** Bright but for the region at the very corner. */
const PIXELS = Float32Array.from({ length: SIDE ** 2 }, (_, i) => (i % SIDE < 2 && i < 2 * SIDE ? 0 : 200));
const image = tensor('float32', [1, 1, SIDE, SIDE], PIXELS);

describe('the explanation of an image', () => {
  test('has each region’s contribution beside the mean: none where the model does not look', async () => {
    const of = { explainer: imageExplainer, serving: serving(1, SIDE, SIDE), model: corner };
    const [found] = await explained(of, { image }, 1);
    const regions = found!.contributions as number[][];
    expect([found!.base, regions.length, ...regions.map((row) => row.length)]).toEqual([MEAN, ...Array(9).fill(8)]);
    // A region is a quarter of the corner: one is darker than the mean by 100, three are brighter by as much.
    const expected = (y: number, x: number) => (y > 1 || x > 1 ? 0 : y + x === 0 ? -25 : 25);
    for (const [y, row] of regions.entries()) {
      for (const [x, got] of row.entries()) expect(got).toBeCloseTo(expected(y, x), 9);
    }
  });

  test('comes as a picture: red where it speaks for the answer, blue where it speaks against it, else grey', async () => {
    const of = { explainer: imageExplainer, serving: serving(1, SIDE, SIDE), model: corner };
    const [{ picture } = { picture: '' }] = await explained(of, { image }, 1);
    const png = Buffer.from(picture!.replace('data:image/png;base64,', ''), 'base64');
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([256, 256, 3]);
    const pixel = (x: number, y: number) => Array.from(data.subarray(3 * (y * 256 + x), 3 * (y * 256 + x) + 3));
    const [[red = 0, , blue = 0], [darkRed = 0, , brightBlue = 0], grey] = [pixel(40, 8), pixel(8, 8), pixel(200, 200)];
    expect(red - blue).toBeGreaterThan(80);
    expect(brightBlue - darkRed).toBeGreaterThan(80);
    expect(grey).toEqual([200, 200, 200]);
  });

  test('takes all channels of a region together, and numbers of any range', async () => {
    const sum = modelOf((row, { image }) => {
      const { data } = expectTensor('image', image, 'float32');
      return data.subarray(row * 75, (row + 1) * 75).reduce((total, value) => total + (known(value) - MEAN), 0);
    });
    const of = { explainer: imageExplainer, serving: serving(3, 5, 5, 'numbers'), model: sum };
    const values = Float32Array.from({ length: 75 }, (_, i) => (i === 7 ? Number.NaN : MEAN + (i % 25) / 1000));
    const [found] = await explained(of, { image: tensor('float32', [1, 3, 5, 5], values) }, 1);
    const regions = (found!.contributions as number[][]).flat();
    for (const [i, got] of regions.entries()) expect(got).toBeCloseTo(((i === 7 ? 2 : 3) * i) / 1000, 2);
    expect(found!.picture).toMatch(/^data:image\/png;base64,/);
  });

  test('is made of so many images at once as there is time for', () => {
    imageExplainer.expect(serving(1, 28, 28), 39);
    imageExplainer.expect(serving(3, 512, 512), 1);
    expect(() => imageExplainer.expect(serving(1, 28, 28), 40)).toThrow(
      expect.objectContaining({
        details: [
          { field: 'inputs', message: 'must have at most 39 rows with explain, for images of 1 × 28 × 28; got 40' },
        ],
      }),
    );
  });
});

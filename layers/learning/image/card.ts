import type { InputFacts } from '../serving/card.ts';
import type { Serving } from '../serving/description.ts';
import { IMAGE_INPUT, imageInputOf } from './encoding.ts';

/** What a model's card says of its images. */
export function imageCard(serving: Serving): InputFacts {
  const { channels, height, width, values } = imageInputOf(serving);
  const pixels = values === 'bytes' ? 'bytes from 0 to 255' : 'numbers as the data have them';
  return {
    table: `| Input | Type | Shape |
| --- | --- | --- |
| \`${IMAGE_INPUT}\` | float32 | [images, ${channels}, ${height}, ${width}] |`,
    note: `Pixels are ${pixels}${channels === 3 ? ', in the order red, green, blue' : ''}. Mean and deviation of each channel are those of the training images.`,
  };
}

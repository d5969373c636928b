/** Images as the encoding of a kind of data, and what `serving.json` says of them. */
import { z } from 'zod';
import { type } from '#engine/type.ts';
import type { Encoding } from '../encoding.ts';
import { inputNames, type ServedFeature, type Serving } from '../serving/description.ts';
import { type ChannelScale, pixelTypes, standardised } from './front.ts';
import { type ImageRows, PIXEL_VALUES } from './rows.ts';
import { imageTorch } from './torch.ts';

/** The name of the input of `model.onnx`. */
export const IMAGE_INPUT = 'image';

const imageInput = z.object({
  channels: z.union([z.literal(1), z.literal(3)]),
  height: z.int(),
  width: z.int(),
  values: z.enum(PIXEL_VALUES),
  /** Of a table, the columns that are the pixels. */
  columns: z.array(z.string()).optional(),
});
export type ImageInput = z.infer<typeof imageInput>;

export const imageInputOf = ({ input }: Serving): ImageInput => imageInput.parse(input);

/** The columns of a table that are the pixels, as features. */
export function pixelFeatures(columns: readonly string[]): ServedFeature[] {
  const names = inputNames(columns);
  return columns.map((name, i) => ({ name, type: 'number', input: names[i]! }));
}

/** Input: `image`, float32 [rows, channels, height, width], of pixels as the file has them: bytes from 0 to 255, or numbers. */
export function imageEncoding(
  { shape, values, columns, leftOut }: Pick<ImageRows, 'shape' | 'values' | 'columns' | 'leftOut'>,
  scale: ChannelScale,
): Encoding {
  const [channels, height, width] = shape;
  return {
    kind: 'image',
    shape,
    types: pixelTypes(shape, values),
    inputs: { [IMAGE_INPUT]: type('float32', ['rows', channels, height, width]) },
    leftOut,
    served: {
      kind: 'image',
      features: [],
      input: { channels, height, width, values, ...(columns ? { columns: [...columns] } : {}) },
    },
    torch: () => imageTorch(shape, scale),
    front: (b, rows) => standardised(b, rows, shape, scale),
    encoded: (_, inputs) => ({ image: inputs[IMAGE_INPUT]! }),
  };
}

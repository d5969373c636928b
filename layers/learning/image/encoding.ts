/** Images as the encoding of a kind of data, and what `serving.json` says of them. */
import { z } from 'zod';
import { columnFormat } from '#domain/datasets/column-format.ts';
import { type } from '#engine/type.ts';
import type { Encoding } from '../encoding.ts';
import { inputNames, type ServedFeature, type Serving } from '../serving/description.ts';
import { type ChannelScale, pixelTypes, seen } from './front.ts';
import { type ImageRows, PIXEL_VALUES } from './rows.ts';
import { imageTorch } from './torch.ts';

/** The name of the input of `model.onnx`. */
export const IMAGE_INPUT = 'image';

const imageInput = z.object({
  channels: z.union([z.literal(1), z.literal(3)]),
  height: z.int(),
  width: z.int(),
  values: z.enum(PIXEL_VALUES),
  /** Of numbers that are bytes by their unit: a file can stand for them. */
  unit: z.literal('byte').optional(),
  /** Of a table, the columns that are the pixels. */
  columns: z.array(z.string()).optional(),
  /** How those are written that are not as usual, by name. */
  formats: z.record(z.string(), columnFormat).optional(),
});
export type ImageInput = z.infer<typeof imageInput>;

export const imageInputOf = ({ input }: Serving): ImageInput => imageInput.parse(input);

/**
 * Whether rows of numbers, or tensors, may have other channels than the model sees. The pixels of a table are its columns, and
 * no others.
 */
export const takesOtherChannels = ({ columns }: Pick<ImageInput, 'columns'>): boolean => columns === undefined;

/** The columns of a table that are the pixels, as features. */
export function pixelFeatures({
  columns = [],
  formats = {},
}: Pick<ImageInput, 'columns' | 'formats'>): ServedFeature[] {
  const names = inputNames(columns);
  return columns.map((name, i) => {
    const format = Object.hasOwn(formats, name) ? formats[name] : undefined;
    return { name, type: 'number', input: names[i]!, ...(format === undefined ? {} : { format }) };
  });
}

/**
 * Input: `image`, float32 [rows, channels, height, width], of pixels as the file has them: bytes from 0 to 255, or numbers.
 * @param wanted the network's channels. Default: those of the input
 * @param hasByteUnit whether numbers are in the unit of bytes
 */
export function imageEncoding(
  { shape, values, columns, formats, leftOut }: Pick<ImageRows, 'shape' | 'values' | 'columns' | 'formats' | 'leftOut'>,
  scale: ChannelScale,
  wanted: number = shape[0],
  hasByteUnit = false,
): Encoding {
  const [channels, height, width] = shape;
  return {
    kind: 'image',
    shape: [wanted, height, width],
    types: pixelTypes(shape, values),
    inputs: { [IMAGE_INPUT]: type('float32', ['rows', channels, height, width]) },
    leftOut,
    served: {
      kind: 'image',
      features: [],
      input: {
        channels,
        height,
        width,
        values,
        ...(hasByteUnit ? { unit: 'byte' } : {}),
        ...(columns ? { columns: [...columns] } : {}),
        ...(formats ? { formats } : {}),
      },
    },
    torch: () => imageTorch(shape, scale, wanted, values),
    front: (b, rows) => seen(b, rows, { shape, values, scale, channels: wanted }),
    encoded: (_, inputs) => ({ image: inputs[IMAGE_INPUT]! }),
  };
}

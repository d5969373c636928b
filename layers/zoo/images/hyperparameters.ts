/** The hyperparameters that every family of images has. */
import { z } from 'zod';
import type { StartingShapes, Wanted } from '../family.ts';
import { batchSize, boundedInteger, checked, commonHyperparameters } from '../hyperparameters.ts';

const isChannels = (channels: number): boolean => channels === 1 || channels === 3;

export const imageHyperparameters = {
  ...commonHyperparameters,
  batch_size: batchSize(32, 2),
  image_size: boundedInteger('image_size', 8, 512).optional().meta({
    description: 'Pixels of each side, to which images are scaled. Default: as they are, if all have one size',
  }),
  image_channels: checked('image_channels', 'must be 1 or 3', isChannels)
    .optional()
    .meta({
      enum: [1, 3],
      description:
        'Channels that the network sees: grey images have three equal ones where it is 3, and colours become grey where it is 1, as Pillow converts them. Default: what the images have, or the weights that the training starts from',
    }),
  horizontal_flip: z.boolean().default(false).meta({ description: 'Whether half of the images are mirrored' }),
  random_crop: boundedInteger('random_crop', 0, 64)
    .default(0)
    .meta({ description: 'The most pixels by which an image is moved in each direction' }),
} as const;

type ImageHyperparameters = z.output<z.ZodObject<typeof imageHyperparameters>>;

/** @param stem the name of the first convolution's kernel, [out, channels, height, width] */
export const wantedOf =
  (stem: string) =>
  ({ image_size: size, image_channels }: ImageHyperparameters, start?: StartingShapes): Wanted => {
    const given = start?.(stem)?.[1];
    return { image: { size, channels: image_channels ?? (given && isChannels(given) ? given : undefined) } };
  };

export const augmentationOf = ({ horizontal_flip: flip, random_crop: shift }: ImageHyperparameters) => ({
  flip,
  shift,
});

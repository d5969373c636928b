/** The hyperparameters that every family of images has. */
import { z } from 'zod';
import type { Wanted } from '../family.ts';
import { boundedInteger, commonHyperparameters } from '../hyperparameters.ts';

export const imageHyperparameters = {
  ...commonHyperparameters,
  batch_size: boundedInteger('batch_size', 2, 65_536).default(32),
  image_size: boundedInteger('image_size', 8, 512).optional().meta({
    description: 'Pixels of each side, to which images are scaled. Default: as they are, if all have one size',
  }),
  horizontal_flip: z.boolean().default(false).meta({ description: 'Whether half of the images are mirrored' }),
  random_crop: boundedInteger('random_crop', 0, 64)
    .default(0)
    .meta({ description: 'The most pixels by which an image is moved in each direction' }),
} as const;

type ImageHyperparameters = z.output<z.ZodObject<typeof imageHyperparameters>>;

export const wantedOf = ({ image_size: size }: ImageHyperparameters): Wanted => ({ image: { size } });

export const augmentationOf = ({ horizontal_flip: flip, random_crop: shift }: ImageHyperparameters) => ({
  flip,
  shift,
});

/** Images: files in a ZIP, arrays, and tables whose features are the pixels. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { rowBytesOf, rowTypes } from '#engine/shards/format.ts';
import { tableRows } from '../batch/table-rows.ts';
import type { Kind } from '../kind.ts';
import { usableRows } from '../table/resident.ts';
import { imageBatch } from './batch.ts';
import { imageCard } from './card.ts';
import { IMAGE_INPUT, imageInputOf, pixelFeatures } from './encoding.ts';
import { imageExplainer } from './explain.ts';
import { pixelTypes } from './front.ts';
import { holdsImages } from './open.ts';
import { besidesPixels, pixelColumns, shapeOfImages } from './outline.ts';
import { prepareImages } from './prepare.ts';
import { profileImages } from './profile.ts';
import { imageInputs } from './tensor-inputs.ts';
import { areLargeFiles, imageTensors } from './tensors.ts';

/** Measured on two cores of an x86-64 server, with small PNG files. */
const SECONDS_PER_IMAGE = 0.0005;

/** Of a file that nobody has read yet. */
const GUESS = { side: 64, bytesPerImage: 4096 };

export const image: Kind = {
  name: 'image',
  label: 'images',
  unit: 'images',
  recognises: holdsImages,
  profile: profileImages,
  tables: 'nothing but k² or 3·k² numbers, with k of at least 4, such as 64 or 784',
  besides: besidesPixels,
  takes: (profile: DatasetProfile) => profile.kind === 'image' || pixelColumns(profile) !== undefined,
  guess: (bytes) => {
    const side = { min: GUESS.side, max: GUESS.side };
    return {
      kind: 'image',
      images: { source: 'folders', formats: {}, width: side, height: side, channels: 3 },
      rows: Math.max(1, Math.round(bytes / GUESS.bytesPerImage)),
      columns: [],
      features: [],
      target: 'label',
    };
  },
  outline: (profile, wanted) => {
    const shape = shapeOfImages(profile, wanted.image);
    const values = profile.images && profile.images.source !== 'arrays' ? 'bytes' : 'numbers';
    const rows = usableRows(profile);
    const [channels, ...sides] = shape;
    return {
      shape: [wanted.image?.channels ?? channels, ...sides],
      isExact: true,
      rows,
      bytes: rows * rowBytesOf(rowTypes(pixelTypes(shape, values))),
      seconds: rows * SECONDS_PER_IMAGE,
    };
  },
  prepare: prepareImages,
  tensors: imageTensors,
  takesLong: areLargeFiles,
  explainer: imageExplainer,
  columns: (serving) => {
    const input = imageInputOf(serving);
    return input.columns && pixelFeatures(input);
  },
  batch: (source, wanted) => {
    const input = imageInputOf(wanted.serving);
    if (!input.columns) return imageBatch(source, wanted);
    return tableRows(source, { ...wanted, serving: { ...wanted.serving, features: pixelFeatures(input) } });
  },
  batchColumns: (serving) => image.columns(serving),
  tensorInputs: imageInputs,
  inputShape: ({ inputs }) => inputs[IMAGE_INPUT]!.shape.slice(1).map(Number),
  // Records have channels first, as networks do.
  shownShape: (shape) => (shape.length === 3 ? [...shape.slice(1), shape[0]!] : shape),
  card: imageCard,
};

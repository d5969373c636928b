/** What the images of a dataset will be to a network, by its profile. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { Wanted } from '#zoo/family.ts';
import { listed } from '../profile/target.ts';
import { usableColumns } from '../table/resident.ts';
import { squareShape } from './arrays.ts';
import { type ImageShape, sideOf } from './rows.ts';

/** The columns of a table that are pixels, if its features are nothing but k² or 3·k² numbers. */
export function pixelColumns(profile: DatasetProfile): readonly string[] | undefined {
  if ((profile.kind ?? 'table') !== 'table') return undefined;
  const columns = usableColumns(profile);
  const areNumbers = columns.every(({ type }) => type === 'number');
  return areNumbers && squareShape(columns.length) ? columns.map(({ name }) => name) : undefined;
}

/** Features that a table of pixels may have too many for it to be said. */
const MOST_BESIDES = 3;

/** What has to be left out of a table's features for the rest to be pixels, if that is little: as a message says it. */
export function besidesPixels(profile: DatasetProfile): string | undefined {
  if ((profile.kind ?? 'table') !== 'table') return undefined;
  const columns = usableColumns(profile);
  const others = columns.filter(({ type }) => type !== 'number').map(({ name }) => name);
  if (others.length > 0) return squareShape(columns.length - others.length) && listed(others);
  for (let count = 1; count <= MOST_BESIDES; count++) {
    if (squareShape(columns.length - count)) return `${count} of its ${columns.length} numbers`;
  }
  return undefined;
}

/**
 * What is read of each image. Files in colour are read as grey ones where a network wants those; otherwise the front brings
 * what is read to the network's channels, so that grey images stay a third as large.
 */
export function shapeOfImages(profile: DatasetProfile, wanted: Wanted['image'] = {}): ImageShape {
  const { images } = profile;
  if (!images) return squareShape(pixelColumns(profile)?.length ?? 0) ?? [1, 1, 1];
  const { width, height } = images;
  const isSame = width.min === width.max && height.min === height.max;
  // Arrays are taken as they are.
  if (images.source === 'arrays') return [images.channels, height.max, width.max];
  const side = sideOf(wanted.size, { width: width.max, height: height.max }, isSame);
  return [Math.min(wanted.channels ?? 3, images.channels), side.height, side.width];
}

/** What the images of a dataset will be to a network, by its profile. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { Wanted } from '#zoo/family.ts';
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

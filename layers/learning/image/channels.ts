/** What to say where a network sees other channels than the images have. */
import type { DatasetWarning } from '#domain/datasets/warnings.ts';
import { warning } from '../profile/warn.ts';

/** @param had those of the data */
export function channelsChanged(had: number, channels: number, rows: number): DatasetWarning[] {
  if (had === channels) return [];
  const found =
    channels > had
      ? {
          message: 'The images are grey; the network sees three equal channels, as Pillow makes them of one',
          cost: 'Nothing is lost; the first layer computes three times as much',
        }
      : {
          message: 'The images have colours; the network sees them in grey, as Pillow makes it of them',
          cost: 'The colours are not learned from',
        };
  return [warning({ code: 'channels_changed', rows, ...found, overrule: null })];
}

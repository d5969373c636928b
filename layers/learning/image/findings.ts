/** What there is to say about the images of a dataset, apart from their labels. */
import { createHash } from 'node:crypto';
import { shown } from '../csv/fault.ts';
import type { Finding } from '../profile/warn.ts';

/** An image that is there before. */
export interface Repeat {
  readonly place: number;
  readonly first: number;
}

/** Finds images whose bytes are the same. */
export class Repeats {
  readonly #places = new Map<string, number>();
  readonly found: Repeat[] = [];
  #count = 0;

  /** Of the next image. */
  add(bytes: Uint8Array): void {
    const place = this.#count++;
    const digest = createHash('sha256').update(bytes).digest('base64');
    const first = this.#places.get(digest);
    if (first === undefined) this.#places.set(digest, place);
    else this.found.push({ place, first });
  }
}

interface Labelled {
  /** In a normal form; empty where there is none. */
  readonly labelOf: (place: number) => string;
  readonly nameOf: (place: number) => string;
}

/** An image with two labels, or one that may be learned from and validated with. */
export function repeatFindings(repeats: readonly Repeat[], { labelOf, nameOf }: Labelled): Finding[] {
  const labelled = repeats.filter(({ place, first }) => labelOf(place) !== '' && labelOf(first) !== '');
  const differing = labelled.filter(({ place, first }) => labelOf(place) !== labelOf(first));
  const same = labelled.length - differing.length;
  const [conflict] = differing;
  const repeat = labelled.find(({ place, first }) => labelOf(place) === labelOf(first));
  return [
    ...(conflict
      ? [
          {
            code: 'conflicting_labels' as const,
            first: { row: conflict.place + 1, value: nameOf(conflict.place) },
            rows: differing.length,
            message: `${differing.length} images repeat an earlier one with another label: ${both(conflict, nameOf)} have the labels ${shown(labelOf(conflict.first))} and ${shown(labelOf(conflict.place))}`,
            cost: 'One of the two is wrong, and both are learned from',
            overrule: null,
          },
        ]
      : []),
    ...(repeat
      ? [
          {
            code: 'repeated_images' as const,
            first: { row: repeat.place + 1, value: nameOf(repeat.place) },
            rows: same,
            message: `${same} images repeat an earlier one with the same label: ${both(repeat, nameOf)} are the same`,
            cost: 'An image may be learned from and validated with: then scores are better than they will be',
            overrule: null,
          },
        ]
      : []),
  ];
}

const both = ({ first, place }: Repeat, nameOf: Labelled['nameOf']): string => {
  const [one, other] = [nameOf(first), nameOf(place)];
  return one === other ? `images ${first + 1} and ${place + 1} (${shown(one)})` : `${shown(one)} and ${shown(other)}`;
};

/** Images of a ZIP that its manifest does not name. */
export function unlistedFinding(names: readonly string[]): Finding[] {
  const [first] = names;
  if (first === undefined) return [];
  return [
    {
      code: 'images_not_listed',
      first: { value: first },
      rows: names.length,
      message: `${names.length} images are not named by the manifest, such as ${shown(first)}`,
      cost: 'They are not used',
      overrule: null,
    },
  ];
}

/** Images of an array that have pixels without a value. */
export function missingPixelsFinding(places: readonly number[], nameOf: Labelled['nameOf']): Finding[] {
  const [first] = places;
  if (first === undefined) return [];
  return [
    {
      code: 'pixels_missing',
      first: { row: first + 1, value: nameOf(first) },
      rows: places.length,
      message: `${places.length} images have pixels that are NaN, such as ${nameOf(first)}`,
      cost: 'Such a pixel counts as the mean of its channel',
      overrule: null,
    },
  ];
}

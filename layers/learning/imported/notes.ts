/** How the inputs and outputs of a file became those of the model that is served: for people. */
import { formulaOf, type Pixels } from './images.ts';
import type { Reading } from './reading.ts';
import type { ImportedInput, ZipMap } from './signature.ts';

interface Noted {
  readonly inputs: readonly ImportedInput[];
  readonly reading: Reading;
  readonly zipMap: ZipMap | undefined;
  readonly pixels: Pixels | undefined;
  /** With how many its answers were compared. */
  readonly examples: number;
}

export function notesOf({ inputs, reading, zipMap, pixels, examples }: Noted): string[] {
  const taken = inputs.map((input) => takenNote(input, pixels));
  const compared = comparedNote(examples);
  if (reading.task === 'regression') return [...taken, `output ${reading.value} is the value`, compared];
  const scores = reading.scale === 'logits' ? 'their softmax are the probabilities' : 'these are the probabilities';
  return [
    ...taken,
    `output ${zipMap?.output ?? reading.scores} are the scores of the classes; ${scores}`,
    ...(reading.label ? [`output ${reading.label.name} is the label`] : []),
    ...(zipMap ? ['its last operator, ZipMap, was left out: it only makes maps of the probabilities'] : []),
    compared,
  ];
}

function takenNote({ name, title = name, features, image }: ImportedInput, pixels: Pixels | undefined): string {
  if (!image) {
    return features.length === 1
      ? `input ${name} is the feature ${features[0]}`
      : `input ${name} are ${features.length} features`;
  }
  const { height, width, isSingle, isOfAnySize } = image;
  const size = isOfAnySize ? ` of ${height} by ${width} pixels, as the import says` : '';
  const rows = isSingle ? '; the file says one row, and it takes several' : '';
  const numbers = pixels
    ? `of whose bytes it is given ${formulaOf(pixels)}`
    : 'whose numbers go to the network as they are: whoever calls scales them';
  return `input ${title} takes images${size}, ${numbers}${rows}`;
}

const comparedNote = (examples: number): string =>
  examples === 0
    ? 'nobody compared its answers with those that it gave before it was exported: `examples` of the import would have'
    : `it answers ${examples} examples as it did before it was exported`;

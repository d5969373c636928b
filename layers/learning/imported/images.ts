/** What is put before a model of others that takes images. */
import { ValidationError } from '#domain/errors.ts';
import { attributeType, dataType, type NodeProto, type TensorProto } from '#engine/onnx/proto.ts';
import { ADDED, FLAT, INSIDE, node, valueInfo, vector } from './added.ts';
import type { ImageLayout, ImportedInput } from './signature.ts';

/** How a network wants bytes from 0 to 255: (byte / scale - mean) / deviation, one number for all channels or one for each. */
export interface Pixels {
  readonly scale: number;
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** For people. */
export const formulaOf = ({ scale, mean, deviation }: Pixels): string =>
  `(byte / ${scale} - ${mean.join(', ')}) / ${deviation.join(', ')}`;

interface Before {
  readonly opset: number;
  readonly pixels: Pixels | undefined;
}

/** What the kind of images calls its input. */
const IMAGE_INPUT = 'image';
/** From then on there are the operators that ask whether a number is missing. */
const MISSING_OPSET = 9;

/** Throws `ValidationError` for what cannot be done with the bytes of such images. */
export function expectPixels(pixels: Pixels | undefined, image: ImageLayout | undefined): void {
  if (!pixels) return;
  if (!image) throw ValidationError.of('pixels', 'must be left out: the model takes no images');
  for (const name of ['mean', 'deviation'] as const) {
    const { length } = pixels[name];
    if (length === 1 || length === image.channels) continue;
    throw ValidationError.of(
      `pixels.${name}`,
      `must have 1 number, or ${image.channels}, one for each channel; got ${length}`,
    );
  }
}

/**
 * From the tensor of images to the model's own input. A number that is missing is one that the network takes for 0: an
 * explanation leaves some out.
 */
export function beforeImages({ name, elemType }: ImportedInput, image: ImageLayout, { opset, pixels }: Before) {
  const { channels, height, width, isLast } = image;
  const called = (what: string) => `${ADDED}${name}/${what}`;
  const nodes: NodeProto[] = [];
  const initializer: TensorProto[] = [vector(FLAT, [-1])];
  const add = (opType: string, inputs: string[], output: string): string => {
    nodes.push(node(opType, inputs, output));
    return output;
  };
  const { mean = [0], deviation = [1], scale = 1 } = pixels ?? {};
  const center = byChannel(
    called('center'),
    mean.map((one) => one * scale),
  );
  const asked = opset >= MISSING_OPSET;
  if (asked || pixels) initializer.push(center);
  let x = IMAGE_INPUT;
  if (asked) x = add('Where', [add('IsNaN', [x], called('missing')), center.name!, x], called('known'));
  if (pixels) {
    const factor = byChannel(
      called('factor'),
      deviation.map((one) => 1 / (one * scale)),
    );
    initializer.push(factor);
    x = add('Mul', [add('Sub', [x, center.name!], called('centered')), factor.name!], called('scaled'));
  }
  if (isLast) {
    const attribute = [{ name: 'perm', type: attributeType.ints, ints: [0, 2, 3, 1] }];
    nodes.push({ ...node('Transpose', [x], called('placed')), attribute });
    x = called('placed');
  }
  nodes.push(node('Cast', [x], INSIDE + name, { to: elemType }));
  const input = [valueInfo(IMAGE_INPUT, dataType.float32, ['rows', channels, height, width])];
  return { graph: { node: nodes, input, initializer } };
}

const byChannel = (name: string, values: readonly number[]): TensorProto => ({
  name,
  dims: [values.length, 1, 1],
  dataType: dataType.float32,
  floatData: [...values],
});

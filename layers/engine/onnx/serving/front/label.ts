/** The label of a row by the place that it has among all, or by the probabilities where these tell as well. */
import type { Session } from '../../../run.ts';
import { expectTensor, type TensorOf, type Tensors, tensor } from '../../../tensor.ts';
import { Attributes } from '../../decode.ts';
import type { GraphProto, NodeProto } from '../../proto.ts';
import { Nodes } from '../nodes.ts';

export interface Label {
  /** Of the output. */
  readonly name: string;
  /** The name of what it is looked up by: an output of what is loaded. */
  readonly from: string;
  /** Whether that is its place among all, int64 [rows]. If not, it is float32 [rows, labels], and the first largest is at the place. */
  readonly isPlace: boolean;
  readonly labels: readonly string[];
  readonly otherwise: string;
  /** The output, float32 [rows, labels], whose largest number is at the place. */
  readonly probabilities?: string;
}

/** Where an output is the label at a place. */
export function labelOf(graph: GraphProto): Label | undefined {
  const isOutput = (name: string | undefined) => graph.output.some((one) => one.name === name);
  for (const node of graph.node) {
    const [name, place] = [node.output[0]!, node.input[0]!];
    if (node.opType !== 'LabelEncoder' || !isOutput(name)) continue;
    const attributes = new Attributes(node);
    const [labels, places] = [attributes.strings('values_strings'), attributes.ints('keys_int64s')];
    if (!labels || places?.length !== labels.length || !places.every((one, i) => one === i)) continue;
    const otherwise = attributes.string('default_string', '_Unused');
    return { name, labels, otherwise, ...sourceOf(graph, place) };
  }
  return undefined;
}

/** Where the place is that of the first largest number, and an output grows with these, no node has to look for it. */
function sourceOf(graph: GraphProto, place: string): Pick<Label, 'from' | 'isPlace' | 'probabilities'> {
  const nodes = new Nodes(graph);
  const first = nodes.maker(place, 'ArgMax');
  const logits = first?.input[0];
  const asPlace = { from: place, isPlace: true };
  const isOutput = graph.output.some(({ name }) => name === logits);
  if (!first || logits === undefined || isOutput || !isAlong(first)) return asPlace;
  if (new Attributes(first).int('select_last_index', 0) !== 0) return asPlace;
  const grows = (value: string | undefined): boolean => {
    if (value === logits) return true;
    const divided = nodes.maker(value, 'Div');
    const by = nodes.constant(divided?.input[1]);
    return divided?.input[0] === logits && by?.length === 1 && by[0]! > 0;
  };
  const found = graph.node.find(
    (node) =>
      node.opType === 'Softmax' &&
      isAlong(node) &&
      grows(node.input[0]) &&
      graph.output.some(({ name }) => name === node.output[0]),
  );
  const probabilities = found?.output[0];
  return probabilities === undefined ? asPlace : { from: logits, isPlace: false, probabilities };
}

const isAlong = (node: NodeProto): boolean => new Attributes(node).int('axis', 0) === 1;

/** By so much the largest probability is to exceed the others: their rounding is far below that. */
const CLEARLY = 1 + 1e-5;

/** So few probabilities are looked through here. */
const FEW = 4096;

/** Each output that the runtime makes takes it longer than to look for the largest of a few probabilities. */
export function labelled(session: Pick<Session, 'runAtOnce'>, feeds: Tensors, label: Label): Tensors {
  const { name, from, isPlace, labels, otherwise, probabilities: of } = label;
  const [
    {
      shape: [rows = 0],
    } = { shape: [] },
  ] = Object.values(feeds);
  if (of !== undefined && rows * labels.length <= FEW) {
    const results = session.runAtOnce(feeds, [of]);
    const probabilities = expectTensor(of, results[of], 'float32');
    const places = clearPlaces(probabilities, labels.length);
    if (places) {
      return {
        [name]: tensor(
          'string',
          [places.length],
          places.map((at) => labels[at]!),
        ),
        [of]: probabilities,
      };
    }
  }
  const results = session.runAtOnce(feeds);
  const places = isPlace
    ? Array.from(expectTensor(from, results[from], 'int64').data, Number)
    : firstLargest(expectTensor(from, results[from], 'float32').data, labels.length);
  const texts = places.map((at) => labels[at] ?? otherwise);
  return Object.fromEntries(
    Object.entries(results).map(([one, value]) =>
      one === from ? [name, tensor('string', [texts.length], texts)] : [one, value],
    ),
  );
}

/** Of each row, as `ArgMax` has it. */
function firstLargest(data: Float32Array, width: number): number[] {
  const places: number[] = [];
  for (let from = 0; from < data.length; from += width) {
    let place = 0;
    for (let at = 1; at < width; at++) if (data[from + at]! > data[from + place]!) place = at;
    places.push(place);
  }
  return places;
}

/** Of the largest of each row; `undefined` where that of a row is not clear. */
function clearPlaces({ data, shape }: TensorOf<'float32'>, width: number): number[] | undefined {
  if (shape.length !== 2 || shape[1] !== width) return undefined;
  const places: number[] = [];
  for (let from = 0; from < data.length; from += width) {
    let place = 0;
    let second = 0;
    for (let at = 1; at < width; at++) {
      if (data[from + at]! > data[from + place]!) {
        second = data[from + place]!;
        place = at;
      } else second = Math.max(second, data[from + at]!);
    }
    // Neither where there are no numbers.
    if (!(data[from + place]! > CLEARLY * second)) return undefined;
    places.push(place);
  }
  return places;
}

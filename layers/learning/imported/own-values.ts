/** The values that a model's own label may have, as the graph lists them: one for each class, in the order of the scores. */
import { decodeTensor } from '#engine/onnx/decode.ts';
import { dataType, type GraphProto, type NodeProto, type TensorProto } from '#engine/onnx/proto.ts';
import { toNumbers } from '#engine/tensor.ts';
import { classesIn } from './signature.ts';

const PASSING: readonly string[] = ['Cast', 'Flatten', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze'];
/** They take labels from a list, by their places. */
const TAKING: readonly string[] = ['ArrayFeatureExtractor', 'Gather'];

/** `undefined` where the label comes from no list. */
export function ownValues(graph: GraphProto, label: string): string[] | undefined {
  const node = makerOf(graph, label);
  if (!node) return undefined;
  if (!TAKING.includes(node.opType)) return classesIn(node);
  const list = node.input[0]!;
  const constant = graph.node.find(({ output }) => output[0] === list)?.attribute.find(({ t }) => t)?.t;
  return textsOf(graph.initializer.find(({ name }) => name === list) ?? constant);
}

/**
 * Whether the runtime answers 0 or 1 in the place of the label that the file lists: ONNX Runtime 1.30 does so where a
 * TreeEnsembleClassifier has two classes that are numbers, and weights for both of them. CatBoost writes such models.
 */
export function answersPlaces(graph: GraphProto, label: string): boolean {
  const node = makerOf(graph, label);
  if (node?.opType !== 'TreeEnsembleClassifier') return false;
  const ints = (name: string) => node.attribute.find((one) => one.name === name)?.ints ?? [];
  return ints('classlabels_int64s').length === 2 && new Set(ints('class_ids')).size === 2;
}

/** Before what changes the type or the shape of a label at most. */
function makerOf({ node: nodes }: GraphProto, label: string): NodeProto | undefined {
  const byOutput = new Map(nodes.map((node) => [node.output[0]!, node]));
  const seen = new Set<NodeProto>();
  let node = byOutput.get(label);
  while (node && PASSING.includes(node.opType) && !seen.has(node)) {
    seen.add(node);
    node = byOutput.get(node.input[0]!);
  }
  return node;
}

function textsOf(list: TensorProto | undefined): string[] | undefined {
  if (!list || ![dataType.int32, dataType.int64, dataType.string].some((one) => one === list.dataType))
    return undefined;
  const decoded = decodeTensor(list, `tensor '${list.name}'`);
  return decoded.dtype === 'string' ? [...decoded.data] : toNumbers(decoded).map(String);
}

/** The values that a model's own label may have, as the graph lists them: one for each class, in the order of the scores. */
import { decodeTensor } from '#engine/onnx/decode.ts';
import { dataType, type GraphProto, type NodeProto, type TensorProto } from '#engine/onnx/proto.ts';
import { toNumbers } from '#engine/tensor.ts';
import { classesIn } from './signature.ts';

/** They change the type or the shape of a label at most. */
const PASSING: readonly string[] = ['Cast', 'Flatten', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze'];
/** They take labels from a list, by their places. */
const TAKING: readonly string[] = ['ArrayFeatureExtractor', 'Gather'];

/** `undefined` where the label comes from no list. */
export function ownValues({ node: nodes, initializer }: GraphProto, label: string): string[] | undefined {
  const byOutput = new Map(nodes.map((node) => [node.output[0]!, node]));
  const seen = new Set<NodeProto>();
  let node = byOutput.get(label);
  while (node && PASSING.includes(node.opType) && !seen.has(node)) {
    seen.add(node);
    node = byOutput.get(node.input[0]!);
  }
  if (!node) return undefined;
  if (!TAKING.includes(node.opType)) return classesIn(node);
  const list = node.input[0]!;
  const constant = byOutput.get(list)?.attribute.find(({ t }) => t)?.t;
  return textsOf(initializer.find(({ name }) => name === list) ?? constant);
}

function textsOf(list: TensorProto | undefined): string[] | undefined {
  if (!list || ![dataType.int32, dataType.int64, dataType.string].some((one) => one === list.dataType))
    return undefined;
  const decoded = decodeTensor(list, `tensor '${list.name}'`);
  return decoded.dtype === 'string' ? [...decoded.data] : toNumbers(decoded).map(String);
}

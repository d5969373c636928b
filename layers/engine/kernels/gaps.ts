import { Attributes, dtypeOf } from '../onnx/decode.ts';
import type { GraphProto, ModelProto, NodeProto } from '../onnx/proto.ts';
import type { Device } from '../run.ts';
import type { DType } from '../type.ts';
import { limits } from './limits.ts';
import { type Kernel, kernelTable, type Operator } from './table.ts';

/** A node for which a device has no kernel. */
export interface KernelGap {
  readonly device: Device;
  readonly op: string;
  /** The element types that no kernel accepts together, each once. */
  readonly types: readonly DType[];
  /** The reason, if it is not the types. */
  readonly reason?: string;
  /** The node's name. */
  readonly node: string;
  /** Whether it runs in each iteration of a loop. On another device, data would then be copied each time. */
  readonly inLoop: boolean;
}

/**
 * The nodes of a model, including inner graphs, for which the device has no kernel.
 * @throws Error if the table does not have an operator or an opset of the model
 */
export function kernelGaps({ graph, opsetImport }: ModelProto, device: Device): KernelGap[] {
  for (const { domain = '', version } of opsetImport) {
    const known = kernelTable.opsets[domain];
    if (known !== version)
      throw new Error(
        `the kernel table is of opset ${known} of '${domain}'; the model has ${version}: record it again`,
      );
  }
  const gaps: KernelGap[] = [];
  walk(graph, new Map(), false, (node, operator, types, inLoop) => {
    const reason = device === 'cuda' ? limits[node.opType]?.(new Attributes(node)) : undefined;
    if (!reason && operator[device].some((kernel) => takes(kernel, types))) return;
    const found = [...new Set([...types.values()].flatMap((one) => [...one]))];
    gaps.push({ device, op: node.opType, types: found, ...(reason ? { reason } : {}), node: node.name, inLoop });
  });
  return gaps;
}

/** The element types to which a node binds each type constraint of its operator. A constraint may allow several. */
type Bound = ReadonlyMap<string, ReadonlySet<DType>>;

type Visit = (node: NodeProto, operator: Operator, types: Bound, inLoop: boolean) => void;

/** Visits every node in order, with its types. The file only has the types of inputs and outputs. */
function walk(graph: GraphProto, outer: ReadonlyMap<string, DType>, inLoop: boolean, visit: Visit): void {
  const scope = new Map(outer);
  for (const { name = '', dataType } of graph.initializer) scope.set(name, dtypeOf(dataType, name));
  for (const { name, type } of graph.input) scope.set(name, dtypeOf(type.tensorType.elemType, name));
  for (const node of graph.node) {
    const operator = kernelTable.operators[node.opType];
    if (!operator) throw new Error(`the kernel table has no ${node.opType}: record it again with it`);
    for (const { g } of node.attribute) if (g) walk(g, scope, inLoop || node.opType === 'Scan', visit);
    visit(node, operator, bind(node, operator, scope), inLoop);
  }
}

/** Binds the constraints of a node, and adds its outputs to the scope. */
function bind(node: NodeProto, operator: Operator, scope: Map<string, DType>): Bound {
  const bound = new Map<string, Set<DType>>();
  const note = (formal: string, dtype: DType) => bound.set(formal, (bound.get(formal) ?? new Set()).add(dtype));
  for (const [i, name] of node.input.entries()) {
    const [dtype, formal] = [scope.get(name), formalAt(operator.inputs, i)];
    if (dtype && dtype !== formal) note(formal, dtype);
  }
  const own = ownTypes[node.opType]?.(node) ?? [];
  for (const [i, name] of node.output.entries()) {
    if (name === '') continue;
    const formal = formalAt(operator.outputs, i);
    const [known] = bound.get(formal) ?? operator.cpu[0]?.[formal] ?? [formal as DType];
    const dtype = own[i] ?? known!;
    note(formal, dtype);
    scope.set(name, dtype);
  }
  return bound;
}

/** The last formal input or output of an operator may stand for all that follow. */
function formalAt(formals: readonly string[], i: number): string {
  return formals[Math.min(i, formals.length - 1)]!.replace('...', '');
}

type OutputTypes = (node: NodeProto) => readonly DType[];

const ofGraph = (name: string): OutputTypes => {
  return (node) => {
    const { output } = node.attribute.find((attribute) => attribute.name === name)!.g!;
    return output.map((value) => dtypeOf(value.type.tensorType.elemType, value.name));
  };
};

/** Operators whose output types do not follow from their input types. */
const ownTypes: Readonly<Record<string, OutputTypes>> = {
  Cast: (node) => [dtypeOf(new Attributes(node).int('to', 0), node.name)],
  Scan: ofGraph('body'),
  If: ofGraph('then_branch'),
  LabelEncoder: (node) => [node.attribute.some(({ name }) => name === 'values_strings') ? 'string' : 'int64'],
};

function takes(kernel: Kernel, types: Bound): boolean {
  return Object.entries(kernel).every(([formal, allowed]) =>
    [...(types.get(formal) ?? [])].every((dtype) => allowed.includes(dtype)),
  );
}

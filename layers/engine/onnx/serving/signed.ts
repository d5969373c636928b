/**
 * Products of integers with signed weights, for processors that compute those exactly and faster. In files, weights are unsigned,
 * because older processors add pairs of such products in 16 bits, which overflow (`int8/products.ts`). Weights and their zero
 * are lowered by 128, so that every sum stays the same integer.
 */
import { openSession, RuntimeError } from '../../run.ts';
import { tensor, toNumbers } from '../../tensor.ts';
import { changeGraph, GRAPH_INITIALIZER } from '../change.ts';
import { plainNode } from '../int8/node.ts';
import { dataType, encodeModel, encodeTensor, parseModel, type TensorProto } from '../proto.ts';
import { field, fieldsOf } from '../wire.ts';

const UINT8 = 2;
const INT8 = 3;
/** Of a byte: lowers it by 128. */
const SIGN = 0x80;

/** The same model, or one with signed weights where this processor multiplies them exactly. */
export async function withSignedProducts(model: Uint8Array): Promise<Uint8Array> {
  const { graph } = parseModel(model);
  const factors = new Set(
    graph.node.flatMap(({ opType, input }) => (opType === 'MatMulInteger' ? [input[1]!, input[3] ?? ''] : [])),
  );
  if (factors.size === 0 || !(await areExact())) return model;
  return changeGraph(model, (bytes) => {
    const pieces: Uint8Array[] = [];
    let next = 0;
    for (const { number, raw } of fieldsOf(bytes)) {
      const proto = number === GRAPH_INITIALIZER ? graph.initializer[next++]! : undefined;
      if (proto?.dataType === UINT8 && proto.rawData && factors.has(proto.name ?? '')) {
        pieces.push(...field(GRAPH_INITIALIZER, encodeTensor(lowered(proto, proto.rawData))));
      } else pieces.push(raw);
    }
    return pieces;
  });
}

const lowered = ({ name, dims }: TensorProto, bytes: Uint8Array): TensorProto => ({
  ...{ ...(name === undefined ? {} : { name }), dims, dataType: INT8 },
  rawData: bytes.map((byte) => byte ^ SIGN),
});

/** A matrix of so many rows and columns, of the largest numbers. */
const SIDE = 64;
const LARGEST = { unsigned: 255, signed: 127 };

let exact: Promise<boolean> | undefined;

/** Whether products of the largest numbers come out right: asked once, of the runtime itself. */
function areExact(): Promise<boolean> {
  exact ??= multiplyLargest().catch((error: unknown) => {
    // It has no such products here.
    if (error instanceof RuntimeError) return false;
    throw error;
  });
  return exact;
}

async function multiplyLargest(): Promise<boolean> {
  await using session = await openSession(product());
  const x = tensor('int32', [SIDE, SIDE], new Int32Array(SIDE * SIDE).fill(LARGEST.unsigned));
  const { y } = await session.run({ x });
  return toNumbers(y!).every((sum) => sum === SIDE * LARGEST.unsigned * LARGEST.signed);
}

/** x, of unsigned numbers, times a matrix of signed ones. */
function product(): Uint8Array {
  const value = (name: string) => ({
    ...{
      name,
      type: { tensorType: { elemType: dataType.int32, shape: { dim: [{ dimValue: SIDE }, { dimValue: SIDE }] } } },
    },
  });
  return encodeModel({
    ...{ irVersion: 8, producerName: 'trainyard', producerVersion: '', domain: '', modelVersion: 0, docString: '' },
    ...{ opsetImport: [{ domain: '', version: 13 }], metadataProps: [] },
    graph: {
      ...{ name: 'product', input: [value('x')], output: [value('y')] },
      node: [plainNode('Cast', ['x'], ['bytes'], { to: UINT8 }), plainNode('MatMulInteger', ['bytes', 'w'], ['y'])],
      initializer: [
        { name: 'w', dims: [SIDE, SIDE], dataType: INT8, rawData: new Uint8Array(SIDE * SIDE).fill(LARGEST.signed) },
      ],
    },
  });
}

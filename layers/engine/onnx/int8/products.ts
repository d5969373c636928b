/**
 * Products of integers, which a processor computes several times faster than those of floating-point numbers. What a matrix is
 * multiplied by has its range measured in each run (dynamic quantization):
 *
 *     x ── DynamicQuantizeLinear ── x.int8, x.scale, x.zero
 *     x.int8, W.int8 ── MatMulInteger ── Cast ── Mul(x.scale · W.scale) ── y
 *
 * ONNX Runtime fuses these into one kernel. All integers are unsigned: with signed weights, processors without instructions
 * for such products add pairs of them in 16 bits, which overflow. So every processor gives the same integers.
 */
import { dataType, type NodeProto } from '../proto.ts';
import { plainNode } from './node.ts';

/** What 0 is among unsigned weights. */
export const ZERO_POINT = 128;

export const unsignedOf = (values: Int8Array): Uint8Array => Uint8Array.from(values, (value) => value + ZERO_POINT);

/** The products of one graph. What several matrices are multiplied by becomes integers once. */
export class IntegerProducts {
  readonly #quantized = new Set<string>();

  /** @param node a MatMul, whose second input is a matrix of integers by now */
  of({ input, output }: NodeProto): NodeProto[] {
    const [x, weight] = input as [string, string];
    const y = output[0]!;
    const [integers, cast, scale] = [`${y}.int32`, `${y}.cast`, `${y}.scale`];
    const first = !this.#quantized.has(x);
    this.#quantized.add(x);
    return [
      ...(first ? [plainNode('DynamicQuantizeLinear', [x], [`${x}.int8`, `${x}.scale`, `${x}.zero`])] : []),
      plainNode('MatMulInteger', [`${x}.int8`, `${weight}.int8`, `${x}.zero`, `${weight}.zero`], [integers]),
      plainNode('Cast', [integers], [cast], { to: dataType.float32 }),
      plainNode('Mul', [`${x}.scale`, `${weight}.scale`], [scale]),
      plainNode('Mul', [cast, scale], [y]),
    ];
  }
}

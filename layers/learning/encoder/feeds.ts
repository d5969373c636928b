/** Identifiers as the inputs of an encoder's `model.onnx`. */
import { expectTensor, type Tensors, tensor } from '#engine/tensor.ts';
import { lengthsOf } from './runner.ts';

/** Texts side by side, the shorter ones padded. */
export function tokenTensors(texts: readonly ArrayLike<number>[], paddingId: number): Tensors {
  const longest = Math.max(...texts.map(({ length }) => length));
  const ids = new BigInt64Array(texts.length * longest).fill(BigInt(paddingId));
  const mask = new BigInt64Array(texts.length * longest);
  for (const [row, text] of texts.entries()) {
    for (let i = 0; i < text.length; i++) ids[row * longest + i] = BigInt(text[i]!);
    mask.fill(1n, row * longest, row * longest + text.length);
  }
  const shape = [texts.length, longest];
  return { input_ids: tensor('int64', shape, ids), attention_mask: tensor('int64', shape, mask) };
}

/** Of encoded rows, which have the places of identifiers among those that occur. */
export function feedsOf(rows: Tensors, occurring: Int32Array, paddingId: number): Tensors {
  const { shape, data } = expectTensor('ids', rows.ids, 'int32');
  const width = shape[1]!;
  const texts = Array.from(lengthsOf(rows), (length, row) =>
    data.subarray(row * width, row * width + length).map((place) => occurring[place]!),
  );
  return tokenTensors(texts, paddingId);
}

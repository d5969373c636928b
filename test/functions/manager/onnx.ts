/** Models of the format ONNX, small ones. */
import { Builder, Graph } from '#engine/graph.ts';
import { writeModel } from '#engine/onnx/write.ts';
import { matMul } from '#engine/ops/linalg.ts';
import { heUniform, uniformStream } from '#engine/random.ts';
import { tensor } from '#engine/tensor.ts';

/** y = x · W, with W of 64 by 32. */
export function linearModel(seed = 1): Buffer {
  const b = new Builder();
  const x = b.input('x', 'float32', ['rows', 64]);
  const w = b.constant(tensor('float32', [64, 32], heUniform([64, 32], uniformStream(seed, 'w'))));
  return Buffer.from(writeModel(new Graph('linear', [x], { y: matMul(b, x, w) }), { producer: 'test' }));
}

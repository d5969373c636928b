import { type Tensors, toNumbers } from '#engine/tensor.ts';

/**
 * One step of Adam on a perceptron with one hidden Relu layer and softmax cross entropy, without any of the engine:
 * loops over numbers in double precision, the gradient derived by hand.
 */
export function adamStep(parameters: Tensors, data: Tensors, batch: readonly number[], learningRate: number) {
  const [w1, b1, w2, b2] = ['w1', 'b1', 'w2', 'b2'].map((name) => toNumbers(parameters[name]!)) as [
    number[],
    number[],
    number[],
    number[],
  ];
  const [hidden, classes] = [b1.length, b2.length];
  const features = w1.length / hidden;
  const g = { w1: w1.map(() => 0), b1: b1.map(() => 0), w2: w2.map(() => 0), b2: b2.map(() => 0) };
  let [loss, correct] = [0, 0];
  for (const row of batch) {
    const x = toNumbers(data.x!).slice(row * features, (row + 1) * features);
    const target = toNumbers(data.y!)[row]!;
    const h = b1.map((bias, j) =>
      Math.max(
        0,
        x.reduce((sum, value, i) => sum + value * w1[i * hidden + j]!, bias),
      ),
    );
    const logits = b2.map((bias, k) => h.reduce((sum, value, j) => sum + value * w2[j * classes + k]!, bias));
    const total = logits.reduce((sum, z) => sum + Math.exp(z), 0);
    loss += (Math.log(total) - logits[target]!) / batch.length;
    correct += logits.indexOf(Math.max(...logits)) === target ? 1 : 0;
    const dz = logits.map((z, k) => (Math.exp(z) / total - (k === target ? 1 : 0)) / batch.length);
    const dh = h.map((value, j) => (value > 0 ? dz.reduce((sum, d, k) => sum + d * w2[j * classes + k]!, 0) : 0));
    for (const [k, d] of dz.entries()) {
      g.b2[k]! += d;
      for (const [j, value] of h.entries()) g.w2[j * classes + k]! += value * d;
    }
    for (const [j, d] of dh.entries()) {
      g.b1[j]! += d;
      for (const [i, value] of x.entries()) g.w1[i * hidden + j]! += value * d;
    }
  }
  // In the first step the corrected moments are the gradient and its square.
  const update = (p: readonly number[], gradient: readonly number[]) =>
    p.map((value, i) => value - (learningRate * gradient[i]!) / (Math.abs(gradient[i]!) + 1e-8));
  return {
    loss,
    correct,
    parameters: { w1: update(w1, g.w1), b1: update(b1, g.b1), w2: update(w2, g.w2), b2: update(b2, g.b2) },
  };
}

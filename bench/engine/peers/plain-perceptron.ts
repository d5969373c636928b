/** Sizes of a perceptron with one hidden layer. */
export interface Sizes {
  readonly features: number;
  readonly hidden: number;
  readonly classes: number;
  readonly batch: number;
}

interface Parameter {
  readonly value: Float32Array;
  readonly gradient: Float32Array;
  readonly moment1: Float32Array;
  readonly moment2: Float32Array;
}

function parameter(size: number, scale: number): Parameter {
  const zeros = () => new Float32Array(size);
  const value = Float32Array.from({ length: size }, () => (2 * Math.random() - 1) * scale);
  return { value, gradient: zeros(), moment1: zeros(), moment2: zeros() };
}

/** out [m, n] += x [m, k] · y [k, n], in the order that reads memory forwards. */
function multiplyAdd(out: Float32Array, x: Float32Array, y: Float32Array, m: number, k: number, n: number): void {
  for (let i = 0; i < m; i++)
    for (let p = 0; p < k; p++) {
      const factor = x[i * k + p]!;
      for (let j = 0; j < n; j++) out[i * n + j]! += factor * y[p * n + j]!;
    }
}

/** out [k, n] += xᵀ y, for x [m, k] and y [m, n]. */
function transposeMultiplyAdd(
  out: Float32Array,
  x: Float32Array,
  y: Float32Array,
  m: number,
  k: number,
  n: number,
): void {
  for (let i = 0; i < m; i++)
    for (let p = 0; p < k; p++) {
      const factor = x[i * k + p]!;
      for (let j = 0; j < n; j++) out[p * n + j]! += factor * y[i * n + j]!;
    }
}

function adam({ value, gradient, moment1, moment2 }: Parameter, step: number): void {
  const rate = (0.001 * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
  for (let i = 0; i < value.length; i++) {
    const g = gradient[i]!;
    moment1[i] = 0.9 * moment1[i]! + 0.1 * g;
    moment2[i] = 0.999 * moment2[i]! + 0.001 * g * g;
    value[i]! -= (rate * moment1[i]!) / (Math.sqrt(moment2[i]!) + 1e-8);
  }
}

/** The same training as loops over typed arrays: a step takes a batch [batch, features] and its classes. */
export function plainPerceptron({ features, hidden, classes, batch }: Sizes) {
  const [w1, b1] = [parameter(features * hidden, Math.sqrt(6 / features)), parameter(hidden, 0)];
  const [w2, b2] = [parameter(hidden * classes, Math.sqrt(6 / hidden)), parameter(classes, 0)];
  const [h, dh] = [new Float32Array(batch * hidden), new Float32Array(batch * hidden)];
  const z = new Float32Array(batch * classes);
  let steps = 0;
  return (x: Float32Array, y: Int32Array): number => {
    for (const { gradient } of [w1, b1, w2, b2]) gradient.fill(0);
    for (let i = 0; i < batch; i++) {
      h.set(b1.value, i * hidden);
      z.set(b2.value, i * classes);
    }
    multiplyAdd(h, x, w1.value, batch, features, hidden);
    for (let i = 0; i < h.length; i++) h[i] = Math.max(0, h[i]!);
    multiplyAdd(z, h, w2.value, batch, hidden, classes);
    let loss = 0;
    for (let i = 0; i < batch; i++) {
      const row = z.subarray(i * classes, (i + 1) * classes);
      const largest = Math.max(...row);
      let total = 0;
      for (const value of row) total += Math.exp(value - largest);
      loss += (Math.log(total) + largest - row[y[i]!]!) / batch;
      for (let k = 0; k < classes; k++) {
        row[k] = (Math.exp(row[k]! - largest) / total - (k === y[i] ? 1 : 0)) / batch;
        b2.gradient[k]! += row[k]!;
      }
    }
    transposeMultiplyAdd(w2.gradient, h, z, batch, hidden, classes);
    for (let i = 0; i < batch; i++)
      for (let j = 0; j < hidden; j++) {
        let sum = 0;
        if (h[i * hidden + j]! > 0)
          for (let k = 0; k < classes; k++) sum += z[i * classes + k]! * w2.value[j * classes + k]!;
        dh[i * hidden + j] = sum;
        b1.gradient[j]! += sum;
      }
    transposeMultiplyAdd(w1.gradient, x, dh, batch, features, hidden);
    steps++;
    for (const one of [w1, b1, w2, b2]) adam(one, steps);
    return loss;
  };
}

/** A text's pieces count as the worst of them, where the model is judged and where it predicts. */

/** Whether a piece is more like an attack than another; without a benign label, whether it is told more surely. */
export function worseThan(
  labels: readonly string[],
  benignLabel: string,
): (one: Float32Array, other: Float32Array) => boolean {
  const benign = labels.indexOf(benignLabel);
  if (benign >= 0) return (one, other) => one[benign]! < other[benign]!;
  return (one, other) => Math.max(...one) > Math.max(...other);
}

export interface JudgedRows {
  /** [rows, labels], row-major. */
  readonly probabilities: Float32Array;
  /** The place of each row's label. */
  readonly truths: Int32Array;
}

/**
 * What is found of pieces, as what is found of their texts.
 * @param texts the text of each piece, counted from 0
 */
export function worstOf(
  { probabilities, truths }: JudgedRows,
  texts: Int32Array,
  { labels, benignLabel }: { readonly labels: readonly string[]; readonly benignLabel: string },
): JudgedRows {
  const worse = worseThan(labels, benignLabel);
  const width = labels.length;
  const worst: { readonly found: Float32Array; readonly truth: number }[] = [];
  for (const [piece, text] of texts.entries()) {
    const found = probabilities.subarray(piece * width, (piece + 1) * width);
    const before = worst[text];
    if (before === undefined || worse(found, before.found)) worst[text] = { found, truth: truths[piece]! };
  }
  const all = new Float32Array(worst.length * width);
  for (const [text, { found }] of worst.entries()) all.set(found, text * width);
  return { probabilities: all, truths: Int32Array.from(worst, ({ truth }) => truth) };
}

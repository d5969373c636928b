/** How well scores tell attacks from harmless texts, whatever threshold is chosen. */

/** A text's score, between 0 and 1, and whether it is an attack. */
export interface Scored {
  readonly score: number;
  readonly positive: boolean;
}

/**
 * The area under the receiver operating characteristic: the probability that an attack has a higher score than a harmless
 * text, where equal scores count half (Mann and Whitney 1947). Null without texts of both kinds.
 */
export function rocAuc(all: readonly Scored[]): number | null {
  const sorted = all.toSorted((a, b) => a.score - b.score);
  const positives = sorted.filter(({ positive }) => positive).length;
  const negatives = sorted.length - positives;
  if (positives === 0 || negatives === 0) return null;
  let ranks = 0;
  for (let from = 0; from < sorted.length; ) {
    let to = from;
    while (to < sorted.length && sorted[to]!.score === sorted[from]!.score) to++;
    const meanRank = (from + 1 + to) / 2;
    for (let i = from; i < to; i++) if (sorted[i]!.positive) ranks += meanRank;
    from = to;
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/**
 * The largest share of attacks that a threshold finds which takes at most `rate` of the harmless texts for attacks. Null
 * without texts of both kinds.
 */
export function recallAtFalsePositiveRate(all: readonly Scored[], rate: number): number | null {
  const sorted = all.toSorted((a, b) => b.score - a.score);
  const positives = sorted.filter(({ positive }) => positive).length;
  const negatives = sorted.length - positives;
  if (positives === 0 || negatives === 0) return null;
  const allowed = Math.floor(rate * negatives);
  let [found, falsely, best] = [0, 0, 0];
  for (let from = 0; from < sorted.length && falsely <= allowed; ) {
    let to = from;
    // Texts with equal scores are on the same side of every threshold.
    for (; to < sorted.length && sorted[to]!.score === sorted[from]!.score; to++) {
      if (sorted[to]!.positive) found++;
      else falsely++;
    }
    if (falsely <= allowed) best = found;
    from = to;
  }
  return best / positives;
}

/**
 * The threshold with the highest F1, halfway between the scores on both of its sides. Null without texts of both kinds. Of
 * equally good ones the highest.
 */
export function bestThreshold(all: readonly Scored[]): number | null {
  const sorted = all.toSorted((a, b) => b.score - a.score);
  const positives = sorted.filter(({ positive }) => positive).length;
  if (positives === 0 || positives === sorted.length) return null;
  let found = 0;
  let best = { f1: 0, threshold: null as number | null };
  for (const [i, { score, positive }] of sorted.entries()) {
    if (positive) found++;
    const next = sorted[i + 1]?.score;
    if (next === score) continue;
    const f1 = (2 * found) / (i + 1 + positives);
    if (f1 > best.f1) best = { f1, threshold: (score + (next ?? 0)) / 2 };
  }
  return best.threshold;
}

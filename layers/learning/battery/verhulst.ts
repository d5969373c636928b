/** Growth that is limited: dL/dn = r (L − C) (1 − (L − C) / (K − C)), Verhulst 1838. */
export interface Verhulst {
  /** L at n = 0, greater than C and smaller than K. */
  readonly start: number;
  /** C, from which the growth starts. */
  readonly base: number;
  /** K, at which it ends. */
  readonly limit: number;
  /** r, for each unit of n. */
  readonly rate: number;
}

/** L(n), in closed form. */
export function verhulst({ start, base, limit, rate }: Verhulst, n: number): number {
  const span = limit - base;
  return base + span / (1 + (span / (start - base) - 1) * Math.exp(-rate * n));
}

/** The rate at which L(n) is the given value. */
export function rateThrough({ start, base, limit }: Omit<Verhulst, 'rate'>, n: number, value: number): number {
  const odds = (level: number) => (limit - base) / (level - base) - 1;
  return Math.log(odds(start) / odds(value)) / n;
}

/** Which events a webhook wants: by exact type, by a family such as `training.*`, or `*` for all. */
import { EVENT_TYPES } from '../events/types.ts';

/** Whether an event of this type is one that the pattern means. */
export function matchesPattern(pattern: string, type: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}

/** `model.alias.moved` is in the families `model.*` and `model.alias.*`. */
const familiesOf = (type: string): string[] =>
  [...type.matchAll(/\./g)].map(({ index }) => `${type.slice(0, index)}.*`);

/** Every pattern that means any event. */
export const PATTERNS: readonly string[] = ['*', ...new Set(EVENT_TYPES.flatMap(familiesOf)), ...EVENT_TYPES];

export const isPattern = (text: string): boolean => PATTERNS.includes(text);

/** Which events a webhook wants: by exact type, by a family such as `training.*`, or `*` for all. */
import { EVENT_TYPES } from '../events/types.ts';

/** Whether an event of this type is one that the pattern means. */
export function matchesPattern(pattern: string, type: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}

/** Whether the pattern means any event that there is. */
export const isPattern = (text: string): boolean => EVENT_TYPES.some((type) => matchesPattern(text, type));

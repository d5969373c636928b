import { shown } from '../csv/fault.ts';

/** A target may have a thousand classes. */
const MOST_NAMED = 10;

/** What is wrong with weights of which one is for what is no class; the message completes the sentence "class_weight …". */
export function oddClass(weights: Readonly<Record<string, number>>, classes: readonly string[]): string | undefined {
  const known = new Set(classes);
  const odd = Object.keys(weights).find((name) => !known.has(name));
  if (odd === undefined) return undefined;
  const more = classes.length > MOST_NAMED ? ` and ${classes.length - MOST_NAMED} more` : '';
  return `must name classes of the target (${classes.slice(0, MOST_NAMED).map(shown).join(', ')}${more}); got ${shown(odd)}`;
}

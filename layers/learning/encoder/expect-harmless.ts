/**
 * A `tokenizer.json` may come from anybody, and cuts texts in a process that serves others. What could make it busy without end
 * is refused: patterns other than those that encoders have, and replacements that make texts longer.
 */
import { z } from 'zod';
import { TokenizerError } from './tokenizer-error.ts';

/** Of a file that belongs to a tokenizer. The largest of known encoders has 17 MB. */
export const MOST_TOKENIZER_BYTES = 2 ** 26;

/** Each takes time in proportion to the text. The long one is GPT-2's, which byte-level tokenizers share. */
const PATTERNS: ReadonlySet<string> = new Set([
  ...[' {2,}', ' +', '\\s+', '\\s', '\\n', '\\r?\\n', '\\p{N}', '\\p{N}{1,3}', '\\d'],
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
]);

const SECTIONS = ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder'] as const;
/** Of all sections together. */
const MOST_PARTS = 1000;

const pattern = z.object({ Regex: z.string().optional(), String: z.string().optional() });
const replacement = z.object({ type: z.literal('Replace'), pattern, content: z.string() });

/** @throws TokenizerError naming what is not read */
export function expectHarmless(json: Readonly<Record<string, unknown>>): void {
  const left: unknown[] = SECTIONS.map((section) => json[section]);
  for (let parts = 0; left.length > 0; parts++) {
    if (parts > MOST_PARTS)
      throw new TokenizerError(`tokenizer.json must have at most ${MOST_PARTS} parts beside its model`);
    const part = left.pop();
    if (typeof part !== 'object' || part === null) continue;
    const { data: found } = pattern.safeParse(part);
    if (found?.Regex !== undefined && !PATTERNS.has(found.Regex)) {
      throw new TokenizerError(`tokenizer.json: the pattern ${shown(found.Regex)} is not read`);
    }
    const { data: replaced } = replacement.safeParse(part);
    if (replaced && replaced.content.length > (replaced.pattern.String?.length ?? 1)) {
      throw new TokenizerError(
        `tokenizer.json: a replacement must not be longer than what it replaces; got ${shown(replaced.content)}`,
      );
    }
    left.push(...Object.values(part));
  }
}

const MOST_SHOWN = 60;

const shown = (text: string): string => JSON.stringify(text.slice(0, MOST_SHOWN));

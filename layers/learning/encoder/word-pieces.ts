/**
 * WordPiece as BERT's tokenizers apply it, where most of a text is words that have come before:
 *
 *     "Please unsubscribe, thanks" ── at blanks ── Please │ unsubscribe, │ thanks
 *                                                    └─ known: its identifiers are kept
 *     a new run ── printable ASCII: cut into words here ── anything else: left to the whole tokenizer
 *
 * Blanks separate words for every step of such a tokenizer, so that runs between them can be cut one by one.
 */
import { z } from 'zod';

export type Encode = (text: string) => number[];

/** What is cut here. Every other tokenizer cuts its texts itself. */
const readable = z.object({
  normalizer: z.object({ type: z.literal('BertNormalizer'), clean_text: z.literal(true), lowercase: z.boolean() }),
  pre_tokenizer: z.object({ type: z.literal('BertPreTokenizer') }),
  added_tokens: z.array(
    z.object({ content: z.string().min(1), special: z.literal(true), normalized: z.literal(false) }),
  ),
  model: z.object({
    type: z.literal('WordPiece'),
    vocab: z.record(z.string(), z.number()),
    unk_token: z.string(),
    continuing_subword_prefix: z.string(),
    max_input_chars_per_word: z.number(),
  }),
});

/** Settings that change texts before they are cut. */
const plain = z.object({
  remove_space: z.literal(false).optional(),
  do_lowercase_and_remove_accent: z.literal(false).optional(),
});

const BLANKS = /[ \t\r\n]+/;
const PRINTABLE = /^[!-~]+$/;
const WORDS = /[A-Za-z0-9]+|[^A-Za-z0-9]/g;
/** Runs whose identifiers are kept, and the longest of them. */
const KEPT = 2 ** 15;
const KEPT_CHARACTERS = 64;

/**
 * @param json a `tokenizer.json`, and the `tokenizer_config.json` beside it
 * @param whole cuts any text as these say
 * @returns what gives the same identifiers
 */
export function withWordPieces(json: unknown, config: unknown, whole: Encode): Encode {
  const { data } = readable.safeParse(json);
  const unknown = data?.model.vocab[data.model.unk_token];
  if (!data || unknown === undefined || !plain.safeParse(config).success) return whole;
  const special = data.added_tokens.map(({ content }) => content);
  const cut = wordCutter(data.model, unknown);
  const { lowercase } = data.normalizer;
  const kept = new Map<string, readonly number[]>();
  const encodeRun = (run: string): readonly number[] => {
    if (!PRINTABLE.test(run)) return whole(run);
    return (lowercase ? run.toLowerCase() : run).match(WORDS)!.flatMap(cut);
  };
  return (text) => {
    if (special.some((token) => text.includes(token))) return whole(text);
    const ids: number[] = [];
    for (const run of text.split(BLANKS)) {
      if (run === '') continue;
      let found = kept.get(run);
      if (found === undefined) {
        found = encodeRun(run);
        if (kept.size >= KEPT) kept.clear();
        if (run.length <= KEPT_CHARACTERS) kept.set(run, found);
      }
      for (const id of found) ids.push(id);
    }
    return ids;
  };
}

/** The pieces of a word of ASCII characters: from its beginning, always the longest that the vocabulary has. */
function wordCutter(
  { vocab, continuing_subword_prefix: prefix, max_input_chars_per_word: most }: z.infer<typeof readable>['model'],
  unknown: number,
): Encode {
  const known = new Map(Object.entries(vocab));
  return (word) => {
    if (word.length > most) return [unknown];
    const ids: number[] = [];
    for (let start = 0; start < word.length; ) {
      let end = word.length;
      let id: number | undefined;
      for (; end > start; end--) {
        const piece = word.slice(start, end);
        id = known.get(start === 0 ? piece : prefix + piece);
        if (id !== undefined) break;
      }
      if (id === undefined) return [unknown];
      ids.push(id);
      start = end;
    }
    return ids;
  };
}

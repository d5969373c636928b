/**
 * BERT's tokenizer from `vocab.txt`, a token a line, as repositories of before `tokenizer.json` have it. The settings and
 * their defaults are those of transformers' `BertTokenizer`.
 */
import { z } from 'zod';
import { TokenizerError } from './tokenizer-error.ts';

const token = z.union([z.string(), z.looseObject({ content: z.string() }).transform(({ content }) => content)]);

const settings = z.looseObject({
  do_lower_case: z.boolean().default(true),
  tokenize_chinese_chars: z.boolean().default(true),
  strip_accents: z.boolean().nullable().default(null),
  unk_token: token.default('[UNK]'),
  cls_token: token.default('[CLS]'),
  sep_token: token.default('[SEP]'),
  pad_token: token.default('[PAD]'),
  mask_token: token.default('[MASK]'),
});

/**
 * What `tokenizer.json` would have.
 * @param config the parsed `tokenizer_config.json`; `{}` where there is none
 * @throws TokenizerError
 */
export function wordPieceTokenizer(file: Uint8Array, config: unknown): object {
  const { data, error } = settings.safeParse(config);
  if (!data) {
    const [{ path, message }] = error.issues as [z.core.$ZodIssue];
    throw new TokenizerError(`tokenizer_config.json: ${path.join('.')}: ${message}`);
  }
  const lines = Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString('utf8').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const vocab = Object.fromEntries(lines.map((line, id) => [line, id]));
  const special = [data.pad_token, data.unk_token, data.cls_token, data.sep_token, data.mask_token];
  const missing = special.slice(0, 4).find((name) => vocab[name] === undefined);
  if (missing !== undefined) throw new TokenizerError(`vocab.txt must have ${missing}`);
  const mark = (name: string) => ({ SpecialToken: { id: name, type_id: 0 } });
  const ends = [mark(data.cls_token), { Sequence: { id: 'A', type_id: 0 } }, mark(data.sep_token)];
  return {
    added_tokens: special
      .filter((content) => vocab[content] !== undefined)
      .map((content) => ({ id: vocab[content], content, special: true, normalized: false })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: data.tokenize_chinese_chars,
      strip_accents: data.strip_accents,
      lowercase: data.do_lower_case,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: ends,
      pair: ends,
      special_tokens: Object.fromEntries(
        [data.cls_token, data.sep_token].map((id) => [id, { id, ids: [vocab[id]], tokens: [id] }]),
      ),
    },
    decoder: null,
    model: {
      type: 'WordPiece',
      unk_token: data.unk_token,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}

/** Cuts texts into the tokens that an encoder knows, as the files beside its weights say. */
import { Tokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { expectHarmless, MOST_TOKENIZER_BYTES } from './expect-harmless.ts';
import { openSentencePiece } from './sentencepiece/sentencepiece.ts';
import { TokenizerError } from './tokenizer-error.ts';
import { wordPieceTokenizer } from './vocabulary-file.ts';
import { withWordPieces } from './word-pieces.ts';

export interface TextTokenizer {
  /** The identifiers of a text's tokens, without those that mark its beginning and end. */
  encode(text: string): number[];
  /** What comes before the tokens of a text, and after them. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Of the pieces that texts are cut into, and of these marks. Tokens that somebody added may have larger ones. */
  readonly largestId: number;
}

export type TokenizerFiles = ReadonlyMap<string, Uint8Array>;

/** Those that a tokenizer may be read from, the first one before the others. */
const SOURCES = ['tokenizer.json', 'spm.model', 'vocab.txt'] as const;

/** Of the files of an encoder, those that its tokenizer is read from. */
export function tokenizerFilesOf(has: (file: string) => boolean): string[] {
  const source = SOURCES.find(has);
  return [source, 'tokenizer_config.json'].filter((file) => file !== undefined && has(file)) as string[];
}

/** @throws TokenizerError */
export function openTokenizer(files: TokenizerFiles): TextTokenizer {
  for (const [name, { length }] of files) {
    if (length <= MOST_TOKENIZER_BYTES) continue;
    throw new TokenizerError(`${name} must have at most ${MOST_TOKENIZER_BYTES} bytes; got ${length}`);
  }
  const json = files.get('tokenizer.json');
  if (json) return fromJson(parse('tokenizer.json', json), files.get('tokenizer_config.json'));
  const model = files.get('spm.model');
  if (model) return fromSentencePiece(model);
  const words = files.get('vocab.txt');
  if (words) return fromJson(wordPieceTokenizer(words, settingsOf(files)), files.get('tokenizer_config.json'));
  throw new TokenizerError(
    `there must be tokenizer.json, spm.model or vocab.txt; got ${[...files.keys()].join(', ') || 'none'}`,
  );
}

const tokenizerJson = z.looseObject({
  model: z.looseObject({ type: z.string().optional() }),
  normalizer: z.unknown().optional(),
});

const settingsOf = (files: TokenizerFiles): unknown => {
  const config = files.get('tokenizer_config.json');
  return config ? parse('tokenizer_config.json', config) : {};
};

function fromJson(json: unknown, config: Uint8Array | undefined): TextTokenizer {
  const parsed = tokenizerJson.safeParse(json);
  if (!parsed.success) throw new TokenizerError('tokenizer.json is no tokenizer: it has no model');
  expectHarmless(parsed.data);
  const settings = config ? parse('tokenizer_config.json', config) : {};
  const tokenizer = opened(parsed.data, settings);
  const { normalizer: given } = parsed.data;
  const prepare = (text: string): string => {
    const sigma = lowers(given) ? withPlainSigma(text) : text;
    return separatesChinese(given) ? withSeparateChinese(sigma) : sigma;
  };
  const idsOf = (text: string, marked: boolean): number[] =>
    tokenizer.encode(prepare(text), { add_special_tokens: marked }).ids;
  const encode = withWordPieces(json, settings, (text) => idsOf(text, false));
  const [sample, marked] = [encode(SAMPLE), idsOf(SAMPLE, true)];
  const at = marked.findIndex((_, i) => sample.every((id, j) => marked[i + j] === id));
  if (at < 0) throw new TokenizerError('tokenizer.json must put its marks before and after a text');
  const [before, after] = [marked.slice(0, at), marked.slice(at + sample.length)];
  return { encode, before, after, largestId: largestOf([...piecesOf(parsed.data.model), ...before, ...after]) };
}

const largestOf = (ids: readonly number[]): number => ids.reduce((most, id) => Math.max(most, id), 0);

/** The identifiers of a vocabulary: of Unigram a list, otherwise by the text of each piece. */
function piecesOf({ vocab }: z.infer<typeof tokenizerJson>['model']): number[] {
  if (Array.isArray(vocab)) return vocab.length === 0 ? [] : [vocab.length - 1];
  return Object.values(vocab ?? {}).filter((id) => typeof id === 'number');
}

const SAMPLE = 'a';

const normalizer = z.looseObject({
  type: z.string(),
  lowercase: z.boolean().optional(),
  handle_chinese_chars: z.boolean().nullish(),
  normalizers: z.unknown().optional(),
});

/** Whether a text is put into lower case. */
function lowers(given: unknown): boolean {
  const { data } = normalizer.safeParse(given);
  if (data?.type === 'BertNormalizer') return data.lowercase ?? true;
  return data?.type === 'Lowercase' || (Array.isArray(data?.normalizers) && data.normalizers.some(lowers));
}

/** At the end of a word, JavaScript puts Σ into another lower case than within; Python's tokenizers, with which encoders were trained, do not. */
const withPlainSigma = (text: string): string => text.replaceAll('\u03a3', '\u03c3');

/** Whether each Chinese character is a word. */
function separatesChinese(given: unknown): boolean {
  const { data } = normalizer.safeParse(given);
  if (data?.type === 'BertNormalizer') return data.handle_chinese_chars ?? true;
  return Array.isArray(data?.normalizers) && data.normalizers.some(separatesChinese);
}

/** Those beyond 16 bits, which the library overlooks; the gaps are those of Python's tokenizers. */
const RARE_CHINESE = /[\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;
const withSeparateChinese = (text: string): string => text.replace(RARE_CHINESE, ' $& ');

function opened(json: object, config: unknown): Tokenizer {
  try {
    return new Tokenizer(json, config as object);
  } catch (error) {
    throw new TokenizerError(`tokenizer.json is not read: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** DeBERTa's: the model knows all special tokens but [MASK], which comes after its pieces. */
function fromSentencePiece(file: Uint8Array): TextTokenizer {
  const { encode, special: known, size } = openSentencePiece(file);
  const special = new Map([...known, ['[MASK]', size] as const]);
  const [first, last] = ['[CLS]', '[SEP]'].map((token) => special.get(token));
  if (first === undefined || last === undefined) throw new TokenizerError('spm.model must have [CLS] and [SEP]');
  return {
    before: [first],
    after: [last],
    largestId: Math.max(size - 1, first, last),
    encode: (text) =>
      sectionsOf(text, [...special.keys()]).flatMap((section) => {
        const id = special.get(section);
        return id === undefined ? encode(section) : [id];
      }),
  };
}

/** The text between special tokens, and these tokens. */
function sectionsOf(text: string, special: readonly string[]): string[] {
  return special.reduce<string[]>(
    (sections, token) =>
      sections.flatMap((section) =>
        special.includes(section)
          ? [section]
          : section.split(token).flatMap((part, i) => (i === 0 ? [part] : [token, part])),
      ),
    [text],
  );
}

function parse(name: string, file: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString('utf8'));
  } catch (error) {
    throw new TokenizerError(`${name} is not valid JSON`, { cause: error });
  }
}

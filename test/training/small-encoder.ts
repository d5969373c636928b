/** The small BERT of the golden numbers with a tokenizer for forty words, as a loaded encoder. */
import { createHash } from 'node:crypto';
import { blobKeys } from '#domain/blob-keys.ts';
import { askForEncoder, changeLoading } from '#domain/encoders/change.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { fileOf } from '../zoo/encoders/recorded.ts';

const WORDS = [
  ...['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'please', 'all', 'of', 'your', 'now', 'for', 'me', 'the', 'a'],
  ...['ignore', 'disregard', 'forget', 'override', 'bypass', 'water', 'describe', 'cook', 'paint', 'read'],
  ...['rules', 'instructions', 'guidelines', 'orders', 'limits', 'policies', 'flowers', 'soup', 'mountains', 'novel'],
  ...['garden', 'fence', 'kindly', 'my', 'friends', 'and'],
];

const ends = [
  { SpecialToken: { id: '[CLS]', type_id: 0 } },
  { Sequence: { id: 'A', type_id: 0 } },
  { SpecialToken: { id: '[SEP]', type_id: 0 } },
];

const TOKENIZER = {
  version: '1.0',
  added_tokens: WORDS.slice(0, 5).map((content, id) => ({ id, content, special: true, normalized: false })),
  normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: ends,
    pair: ends,
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
    },
  },
  decoder: null,
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])),
  },
};

const DROPOUT = { hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1 };

export const smallEncoder = (): Map<string, Uint8Array> =>
  new Map<string, Uint8Array>([
    [
      'config.json',
      Buffer.from(JSON.stringify({ ...JSON.parse(fileOf('bert', 'config.json').toString()), ...DROPOUT })),
    ],
    ['tokenizer.json', Buffer.from(JSON.stringify(TOKENIZER))],
    ['model.safetensors', fileOf('bert', 'model.safetensors')],
  ]);

/** Stores the files as the loading of encoders does, each in one piece, as it did in earlier releases. */
export async function storeEncoder(
  { table, blobs }: Pick<Adapters, 'table' | 'blobs'>,
  name: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  for (const [file, bytes] of files) await blobs.artifacts.put(`${blobKeys.encoderPrefix(name)}${file}`, bytes);
  await askForEncoder(table, name, 'a test', '2026-01-01T00:00:00.000Z');
  const listed = Array.from(files, ([file, bytes]) => ({
    ...{ file, size: bytes.length },
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }));
  await changeLoading(table, name, { status: 'loaded', files: listed }, '2026-01-01T00:00:00.000Z');
}

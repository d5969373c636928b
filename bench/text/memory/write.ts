/** Writes the files of an encoder with numbers that mean nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '#engine/safetensors.ts';
import { tensor } from '#engine/tensor.ts';
import { encoderOf } from '#zoo/encoders/registry.ts';

const MARKS = ['[PAD]', '[CLS]', '[SEP]', '[UNK]'];

const ends = [
  { SpecialToken: { id: '[CLS]', type_id: 0 } },
  { Sequence: { id: 'A', type_id: 0 } },
  { SpecialToken: { id: '[SEP]', type_id: 0 } },
];

/** Each word is a token. */
const tokenizerOf = (words: readonly string[]) => ({
  version: '1.0',
  added_tokens: MARKS.map((content, id) => ({ id, content, special: true, normalized: false })),
  ...{ normalizer: null, pre_tokenizer: { type: 'Whitespace' }, decoder: null },
  post_processor: {
    ...{ type: 'TemplateProcessing', single: ends, pair: ends },
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [1], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [2], tokens: ['[SEP]'] },
    },
  },
  model: {
    ...{ type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100 },
    vocab: Object.fromEntries([...MARKS, ...words].map((word, id) => [word, id])),
  },
});

/** @returns the bytes of the weights */
export function writeEncoder(
  folder: string,
  config: Readonly<Record<string, unknown>>,
  words: readonly string[],
): number {
  const tensors = encoderOf(config, { classes: 2 }).parameters.map(({ name, shape, isTransposed }) => {
    const stored = isTransposed ? shape.toReversed() : shape;
    const size = stored.reduce((product, dim) => product * dim, 1);
    return [name, tensor('float32', stored, new Float32Array(size).fill(0.01))] as const;
  });
  const pieces = writeSafetensors(Object.fromEntries(tensors));
  writeFileSync(join(folder, 'model.safetensors'), Buffer.concat(pieces));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizerOf(words)));
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

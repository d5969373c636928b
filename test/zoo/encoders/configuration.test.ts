import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ConfigurationError } from '#zoo/encoders/encoder.ts';
import { encoderOf } from '#zoo/encoders/registry.ts';
import { rowOfDistance } from '#zoo/encoders/relative.ts';
import { configOf, names } from './recorded.ts';

const read = (config: Record<string, unknown>) => encoderOf(config, { classes: 2 });

/** As the hub has them. */
const V3_BASE = {
  ...{ model_type: 'deberta-v2', attention_probs_dropout_prob: 0.1, hidden_act: 'gelu', hidden_dropout_prob: 0.1 },
  ...{ hidden_size: 768, initializer_range: 0.02, intermediate_size: 3072, max_position_embeddings: 512 },
  ...{ relative_attention: true, position_buckets: 256, norm_rel_ebd: 'layer_norm', share_att_key: true },
  ...{ pos_att_type: 'p2c|c2p', layer_norm_eps: 1e-7, max_relative_positions: -1, position_biased_input: false },
  ...{ num_attention_heads: 12, num_hidden_layers: 12, type_vocab_size: 0, vocab_size: 128_100 },
};
const ROBERTA_BASE = {
  ...{ architectures: ['RobertaForMaskedLM'], attention_probs_dropout_prob: 0.1, bos_token_id: 0, eos_token_id: 2 },
  ...{ hidden_act: 'gelu', hidden_dropout_prob: 0.1, hidden_size: 768, initializer_range: 0.02, type_vocab_size: 1 },
  ...{ intermediate_size: 3072, layer_norm_eps: 1e-5, max_position_embeddings: 514, model_type: 'roberta' },
  ...{ num_attention_heads: 12, num_hidden_layers: 12, pad_token_id: 1, vocab_size: 50_265 },
};

describe('a config.json', () => {
  test.each(names)('as transformers writes it is read: %s', (name) => {
    expect(read(configOf(name))).toMatchObject({ layers: 2, width: 16, vocabularySize: 40 });
  });

  test('as on the hub is read', () => {
    const v3 = read(V3_BASE);
    expect(v3).toMatchObject({ architecture: 'deberta-v2', layers: 12, maxTokens: 512, paddingId: 0 });
    const sizes = v3.parameters.map(({ shape }) => shape.reduce((product, size) => product * size, 1));
    // 183.8 million below the head, as the card says, of which 98 are the vocabulary.
    expect(sizes.reduce((sum, size) => sum + size)).toBe(184_423_682);
    // The table of positions has 514 rows, of which the first two are for padding.
    expect(read(ROBERTA_BASE)).toMatchObject({ maxTokens: 512, paddingId: 1 });
  });

  test.each([
    [
      { model_type: 'gpt2' },
      'config.json: model_type must be one of bert, distilbert, roberta, deberta-v2; got "gpt2"',
    ],
    [{}, 'config.json: model_type must be one of bert, distilbert, roberta, deberta-v2; got nothing'],
    [
      { ...ROBERTA_BASE, position_embedding_type: 'relative_key' },
      'config.json: position_embedding_type is not read with the value "relative_key"; only "absolute" is',
    ],
    [{ ...ROBERTA_BASE, is_decoder: true }, 'config.json: is_decoder is not read with the value true; only false is'],
    [{ ...ROBERTA_BASE, rotary_base: 10_000 }, 'config.json: rotary_base is not read with the value 10000'],
    [{ ...ROBERTA_BASE, pruned_heads: { 0: [1] } }, 'config.json: pruned_heads is not read with the value {"0":[1]}'],
    [
      { ...ROBERTA_BASE, hidden_act: 'mish' },
      'config.json: hidden_act must be one of gelu, gelu_new, gelu_pytorch_tanh, relu, silu, swish, tanh; got "mish"',
    ],
    [
      { ...ROBERTA_BASE, num_attention_heads: 7 },
      'config.json: the width 768 must be a multiple of the number of heads, 7',
    ],
    [{ ...V3_BASE, conv_kernel_size: 3 }, 'config.json: conv_kernel_size must be 0; got 3'],
    [{ ...V3_BASE, pooler_hidden_size: 8 }, 'config.json: pooler_hidden_size must be hidden_size, 768; got 8'],
    [{ ...V3_BASE, attention_head_size: 32 }, 'config.json: attention_head_size is not read with the value 32'],
  ])('with something that is not read is refused by name and value: %#', (config, message) => {
    expect(() => read(config)).toThrow(new ConfigurationError(message));
  });
});

describe('a number of a config.json', () => {
  const layers = (count: unknown) => `must be an integer between 1 and 64; got ${count}`;
  test.each([
    ['bert', 'num_hidden_layers', 1_000_000_000, layers(1_000_000_000)],
    ['roberta', 'num_hidden_layers', 65, layers(65)],
    ['deberta-v2', 'num_hidden_layers', 1e300, layers(1e300)],
    ['distilbert', 'n_layers', 65, layers(65)],
    ['bert', 'num_hidden_layers', 1.5, layers(1.5)],
    ['bert', 'num_hidden_layers', Number.POSITIVE_INFINITY, layers('Infinity')],
    ['bert', 'num_hidden_layers', 'many', layers('"many"')],
    ['bert', 'num_hidden_layers', null, layers(null)],
    ['bert', 'hidden_size', 8193, 'must be an integer between 1 and 8192; got 8193'],
    ['bert', 'num_attention_heads', 257, 'must be an integer between 1 and 256; got 257'],
    ['bert', 'intermediate_size', 32_769, 'must be an integer between 1 and 32768; got 32769'],
    ['bert', 'vocab_size', 1_000_001, 'must be an integer between 1 and 1000000; got 1000001'],
    ['bert', 'max_position_embeddings', 65_537, 'must be an integer between 1 and 65536; got 65537'],
    ['bert', 'type_vocab_size', 1025, 'must be an integer between 1 and 1024; got 1025'],
    ['bert', 'pad_token_id', 1_000_000, 'must be an integer between 0 and 999999; got 1000000'],
    ['deberta-v2', 'position_buckets', 65_537, 'must be an integer between -1 and 65536; got 65537'],
    ['deberta-v2', 'max_relative_positions', 65_537, 'must be an integer between -1 and 65536; got 65537'],
    ['deberta-v2', 'type_vocab_size', 1025, 'must be an integer between 0 and 1024; got 1025'],
    ['deberta-v2', 'embedding_size', 8193, 'must be an integer between 1 and 8192; got 8193'],
    ['bert', 'layer_norm_eps', 0, 'must be greater than 0 and below 1; got 0'],
    ['bert', 'hidden_dropout_prob', 1, 'must be at least 0 and below 1; got 1'],
    ['deberta-v2', 'share_att_key', 1, 'must be true or false; got 1'],
    ['deberta-v2', 'pos_att_type', 'c2c', 'must be p2c, c2p, or both with | between them; got "c2c"'],
    ['deberta-v2', 'pos_att_type', 3, 'must be p2c, c2p, or both with | between them; got 3'],
  ])('has bounds, which its error says: of %s, %s %j', (model_type, name, value, rule) => {
    const config = { model_type, [name]: value };
    expect(() => read(config)).toThrow(new ConfigurationError(`config.json: ${name} ${rule}`));
  });

  test('is bounded by the parameters of all', () => {
    const large = { model_type: 'bert', hidden_size: 8192, num_attention_heads: 64, num_hidden_layers: 64 };
    expect(() => read(large)).toThrow(
      /^config.json: an encoder must have at most 2000000000 parameters; this one has 20\d{9}$/,
    );
  });

  test('leaves a position for a token, and the padding within the vocabulary', () => {
    expect(() => read({ ...ROBERTA_BASE, pad_token_id: 513 })).toThrow(
      'config.json: max_position_embeddings and pad_token_id leave 0 positions for tokens; at least 1 is needed',
    );
    expect(() => read({ ...ROBERTA_BASE, vocab_size: 1 })).toThrow(
      'config.json: pad_token_id must be below vocab_size, 1; got 1',
    );
  });
});

test('a distance has the bucket that transformers gives it', () => {
  const path = new URL('../../fixtures/encoders/buckets.json', import.meta.url);
  const recorded: number[] = JSON.parse(readFileSync(path, 'utf8'));
  const d = { span: 256, buckets: 256, most: 512 };
  const rows = recorded.map((_, i) => rowOfDistance(i - 511, d));
  expect(rows).toEqual(recorded.map((bucket) => Math.max(0, Math.min(511, bucket + 256))));
});

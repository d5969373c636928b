/** BERT (Devlin et al. 2019) and RoBERTa (Liu et al. 2019), which differ in positions and in the head. */
import type { Builder, Value } from '#engine/graph.ts';
import { tanh } from '#engine/ops/activation.ts';
import { add, mul } from '#engine/ops/elementwise.ts';
import { cumSum } from '#engine/ops/order.ts';
import { cast } from '#engine/ops/select.ts';
import type { Mode, Values } from '#engine/training/network.ts';
import { activations } from './activations.ts';
import {
  firstToken,
  type Layers,
  layersOf,
  maskBias,
  parametersAt,
  positionsOf,
  segmentOf,
  selfAttention,
} from './blocks.ts';
import { fields, headWidth, readConfiguration } from './configuration.ts';
import type { Architecture, Encoder, EncoderOptions, EncoderParameter, Tokens } from './encoder.ts';
import { encoderFlops } from './flops.ts';

const { rate, epsilon, activation, paddingId } = fields;

const shape = (padding: number) => ({
  vocab_size: fields.vocabulary.default(30_522),
  hidden_size: fields.width.default(768),
  num_hidden_layers: fields.layers.default(12),
  num_attention_heads: fields.heads.default(12),
  intermediate_size: fields.innerWidth.default(3072),
  hidden_act: activation.default('gelu'),
  hidden_dropout_prob: rate.default(0.1),
  attention_probs_dropout_prob: rate.default(0.1),
  max_position_embeddings: fields.positions.default(512),
  type_vocab_size: fields.segments.default(2),
  layer_norm_eps: epsilon.default(1e-12),
  pad_token_id: paddingId.nullable().default(padding),
  classifier_dropout: rate.nullable().default(null),
});

type Settings = ReturnType<typeof readConfiguration<ReturnType<typeof shape>>>;

interface Variant {
  readonly architecture: string;
  readonly prefix: string;
  /** The position of a text's first token. */
  readonly firstPosition: (settings: Settings) => number;
  readonly positions: (layers: Layers, name: string, tokens: Tokens, first: number) => Value;
  readonly head: (settings: Settings, classes: number) => EncoderParameter[];
  readonly logits: (layers: Layers, first: Value, dropout: number) => Value;
}

/** The layers of both, with a head of its own. */
function makeEncoder(variant: Variant, s: Settings, { classes, dropout, vocabularyRows }: EncoderOptions): Encoder {
  const { prefix } = variant;
  const width = s.hidden_size;
  const rates = { hidden: dropout ?? s.hidden_dropout_prob, attention: dropout ?? s.attention_probs_dropout_prob };
  const attention = {
    heads: s.num_attention_heads,
    headWidth: headWidth(width, s.num_attention_heads),
    attentionDropout: rates.attention,
  };
  const first = variant.firstPosition(s);
  const layerNames = Array.from({ length: s.num_hidden_layers }, (_, i) => `${prefix}encoder.layer.${i}`);
  const embeddings = `${prefix}embeddings`;
  const start = parametersAt(0);
  const layersWith = (b: Builder, p: Values, mode: Mode) => layersOf(b, p, mode, s.layer_norm_eps);
  return {
    ...{ architecture: variant.architecture, prefix, width, layers: layerNames.length },
    vocabularyName: `${embeddings}.word_embeddings.weight`,
    vocabularySize: s.vocab_size,
    paddingId: s.pad_token_id ?? 0,
    maxTokens: s.max_position_embeddings - first,
    parameters: [
      ...start.table(`${embeddings}.word_embeddings`, vocabularyRows ?? s.vocab_size, width),
      ...start.table(`${embeddings}.position_embeddings`, s.max_position_embeddings, width),
      ...start.table(`${embeddings}.token_type_embeddings`, s.type_vocab_size, width),
      ...start.norm(`${embeddings}.LayerNorm`, width),
      ...layerNames.flatMap((name, i) => layerParameters(name, i + 1, s)),
      ...variant.head(s, classes),
    ],
    hidden(b, p, tokens, mode) {
      const layers = layersWith(b, p, mode);
      const words = add(
        b,
        layers.look(`${embeddings}.word_embeddings`, tokens.ids),
        segmentOf(layers, `${embeddings}.token_type_embeddings`),
      );
      const placed = add(b, words, variant.positions(layers, `${embeddings}.position_embeddings`, tokens, first));
      const x = layers.drop(layers.norm(`${embeddings}.LayerNorm`, placed), rates.hidden, embeddings);
      const bias = maskBias(b, tokens);
      return layerNames.reduce((y, name) => b.at(name, () => layer(layers, name, y, bias)), x);
    },
    logits: (b, p, hidden, mode) =>
      b.at('head', () =>
        variant.logits(
          layersWith(b, p, mode),
          firstToken(b, hidden),
          dropout ?? s.classifier_dropout ?? s.hidden_dropout_prob,
        ),
      ),
    flops: encoderFlops({ layers: layerNames.length, width, inner: s.intermediate_size }),
  };

  function layer(layers: Layers, name: string, x: Value, bias: Value): Value {
    const { b } = layers;
    const self = `${name}.attention.self`;
    const names = { query: `${self}.query`, key: `${self}.key`, value: `${self}.value` };
    const seen = selfAttention(layers, x, bias, names, attention);
    const dropped = (y: Value, stream: string) => layers.drop(y, rates.hidden, stream);
    const mixed = dropped(layers.linear(`${name}.attention.output.dense`, seen), `${name} mixed`);
    const y = layers.norm(`${name}.attention.output.LayerNorm`, add(b, mixed, x));
    const inner = activations[s.hidden_act](b, layers.linear(`${name}.intermediate.dense`, y));
    const outer = dropped(layers.linear(`${name}.output.dense`, inner), `${name} outer`);
    return layers.norm(`${name}.output.LayerNorm`, add(b, outer, y));
  }
}

function layerParameters(name: string, depth: number, s: Settings): EncoderParameter[] {
  const { linear, norm } = parametersAt(depth);
  const width = s.hidden_size;
  return [
    ...['query', 'key', 'value'].flatMap((part) => linear(`${name}.attention.self.${part}`, width, width)),
    ...linear(`${name}.attention.output.dense`, width, width),
    ...norm(`${name}.attention.output.LayerNorm`, width),
    ...linear(`${name}.intermediate.dense`, width, s.intermediate_size),
    ...linear(`${name}.output.dense`, s.intermediate_size, width),
    ...norm(`${name}.output.LayerNorm`, width),
  ];
}

export const bert: Architecture = (config, options) =>
  makeEncoder(
    {
      architecture: 'bert',
      prefix: 'bert.',
      firstPosition: () => 0,
      positions: positionsOf,
      head: ({ num_hidden_layers, hidden_size: width }, classes) => {
        const { linear } = parametersAt(num_hidden_layers + 1);
        return [...linear('bert.pooler.dense', width, width), ...linear('classifier', width, classes)];
      },
      logits: (layers, first, dropout) => {
        const pooled = tanh(layers.b, layers.linear('bert.pooler.dense', first));
        return layers.linear('classifier', layers.drop(pooled, dropout, 'classifier'));
      },
    },
    readConfiguration(shape(0), config),
    options,
  );

export const roberta: Architecture = (config, options) =>
  makeEncoder(
    {
      architecture: 'roberta',
      prefix: 'roberta.',
      firstPosition: ({ pad_token_id }) => (pad_token_id ?? 1) + 1,
      // Tokens are counted from there; padding has the position before.
      positions: ({ b, look }, name, { mask }, first) => {
        const real = cast(b, mask, 'int64');
        return look(name, add(b, mul(b, cumSum(b, real, 1), real), first - 1));
      },
      head: ({ num_hidden_layers, hidden_size: width }, classes) => {
        const { linear } = parametersAt(num_hidden_layers + 1);
        return [...linear('classifier.dense', width, width), ...linear('classifier.out_proj', width, classes)];
      },
      logits: (layers, first, dropout) => {
        const dropped = layers.drop(first, dropout, 'classifier.dense');
        const pooled = tanh(layers.b, layers.linear('classifier.dense', dropped));
        return layers.linear('classifier.out_proj', layers.drop(pooled, dropout, 'classifier.out_proj'));
      },
    },
    readConfiguration(shape(1), config),
    options,
  );

/** DistilBERT: Sanh et al. 2019. */
import type { Value } from '#engine/graph.ts';
import { relu } from '#engine/ops/activation.ts';
import { add } from '#engine/ops/elementwise.ts';
import { activations } from './activations.ts';
import { firstToken, type Layers, layersOf, maskBias, parametersAt, positionsOf, selfAttention } from './blocks.ts';
import { fields, headWidth, readConfiguration } from './configuration.ts';
import type { Architecture, EncoderParameter } from './encoder.ts';
import { encoderFlops } from './flops.ts';

const { rate, activation, paddingId } = fields;

const shape = {
  vocab_size: fields.vocabulary.default(30_522),
  max_position_embeddings: fields.positions.default(512),
  // Only how the table is drawn for a training from scratch; a checkpoint has the table.
  sinusoidal_pos_embds: fields.flag.default(false),
  n_layers: fields.layers.default(6),
  n_heads: fields.heads.default(12),
  dim: fields.width.default(768),
  hidden_dim: fields.innerWidth.default(3072),
  dropout: rate.default(0.1),
  attention_dropout: rate.default(0.1),
  activation: activation.default('gelu'),
  seq_classif_dropout: rate.default(0.2),
  pad_token_id: paddingId.nullable().default(0),
};

/** The architecture has no setting for it. */
const EPSILON = 1e-12;
const EMBEDDINGS = 'distilbert.embeddings';

export const distilbert: Architecture = (config, { classes, dropout, vocabularyRows }) => {
  const s = readConfiguration(shape, config);
  const attention = {
    heads: s.n_heads,
    headWidth: headWidth(s.dim, s.n_heads),
    attentionDropout: dropout ?? s.attention_dropout,
  };
  const rate = dropout ?? s.dropout;
  const layerNames = Array.from({ length: s.n_layers }, (_, i) => `distilbert.transformer.layer.${i}`);
  const start = parametersAt(0);
  const head = parametersAt(s.n_layers + 1);

  const layerParameters = (name: string, depth: number): EncoderParameter[] => {
    const { linear, norm } = parametersAt(depth);
    return [
      ...['q_lin', 'k_lin', 'v_lin', 'out_lin'].flatMap((part) => linear(`${name}.attention.${part}`, s.dim, s.dim)),
      ...norm(`${name}.sa_layer_norm`, s.dim),
      ...linear(`${name}.ffn.lin1`, s.dim, s.hidden_dim),
      ...linear(`${name}.ffn.lin2`, s.hidden_dim, s.dim),
      ...norm(`${name}.output_layer_norm`, s.dim),
    ];
  };

  const layer = (layers: Layers, name: string, x: Value, bias: Value): Value => {
    const { b } = layers;
    const self = `${name}.attention`;
    const names = { query: `${self}.q_lin`, key: `${self}.k_lin`, value: `${self}.v_lin` };
    const mixed = layers.linear(`${self}.out_lin`, selfAttention(layers, x, bias, names, attention));
    const y = layers.norm(`${name}.sa_layer_norm`, add(b, mixed, x));
    const inner = activations[s.activation](b, layers.linear(`${name}.ffn.lin1`, y));
    const outer = layers.drop(layers.linear(`${name}.ffn.lin2`, inner), rate, `${name} outer`);
    return layers.norm(`${name}.output_layer_norm`, add(b, outer, y));
  };

  return {
    ...{ architecture: 'distilbert', prefix: 'distilbert.', width: s.dim, layers: s.n_layers },
    vocabularyName: `${EMBEDDINGS}.word_embeddings.weight`,
    vocabularySize: s.vocab_size,
    paddingId: s.pad_token_id ?? 0,
    maxTokens: s.max_position_embeddings,
    parameters: [
      ...start.table(`${EMBEDDINGS}.word_embeddings`, vocabularyRows ?? s.vocab_size, s.dim),
      ...start.table(`${EMBEDDINGS}.position_embeddings`, s.max_position_embeddings, s.dim),
      ...start.norm(`${EMBEDDINGS}.LayerNorm`, s.dim),
      ...layerNames.flatMap((name, i) => layerParameters(name, i + 1)),
      ...head.linear('pre_classifier', s.dim, s.dim),
      ...head.linear('classifier', s.dim, classes),
    ],
    hidden(b, p, tokens, mode) {
      const layers = layersOf(b, p, mode, EPSILON);
      const words = layers.look(`${EMBEDDINGS}.word_embeddings`, tokens.ids);
      const placed = add(b, words, positionsOf(layers, `${EMBEDDINGS}.position_embeddings`, tokens));
      const x = layers.drop(layers.norm(`${EMBEDDINGS}.LayerNorm`, placed), rate, EMBEDDINGS);
      const bias = maskBias(b, tokens);
      return layerNames.reduce((y, name) => b.at(name, () => layer(layers, name, y, bias)), x);
    },
    logits: (b, p, hidden, mode) =>
      b.at('head', () => {
        const layers = layersOf(b, p, mode, EPSILON);
        const pooled = relu(b, layers.linear('pre_classifier', firstToken(b, hidden)));
        return layers.linear('classifier', layers.drop(pooled, dropout ?? s.seq_classif_dropout, 'classifier'));
      }),
    flops: encoderFlops({ layers: s.n_layers, width: s.dim, inner: s.hidden_dim }),
  };
};

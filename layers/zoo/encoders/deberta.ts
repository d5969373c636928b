/** DeBERTa-v2 and -v3: He et al. 2021, "DeBERTa" and "DeBERTaV3". */
import { z } from 'zod';
import type { Builder, Value } from '#engine/graph.ts';
import { add, mul } from '#engine/ops/elementwise.ts';
import { gather } from '#engine/ops/indexing.ts';
import { matMul } from '#engine/ops/linalg.ts';
import { reshape, squeeze, transpose, unsqueeze } from '#engine/ops/movement.ts';
import { cast } from '#engine/ops/select.ts';
import { activations } from './activations.ts';
import {
  attend,
  firstToken,
  joinHeads,
  type Layers,
  layersOf,
  maskBias,
  parametersAt,
  positionsOf,
  segmentOf,
  splitHeads,
} from './blocks.ts';
import { fields, headWidth, readConfiguration } from './configuration.ts';
import { type Architecture, ConfigurationError, type EncoderParameter } from './encoder.ts';
import { encoderFlops } from './flops.ts';
import { type PositionKeys, positionScores, type RowsFor } from './relative.ts';

const { rate, epsilon, activation, paddingId, flag } = fields;

const KINDS = { error: 'must be p2c, c2p, or both with | between them' };
/** `"p2c|c2p"`, or a list. */
const kinds = z
  .union(
    [
      z.string().transform((text) =>
        text
          .toLowerCase()
          .split('|')
          .map((part) => part.trim()),
      ),
      z.array(z.string()),
    ],
    KINDS,
  )
  .pipe(z.array(z.enum(['p2c', 'c2p'], KINDS)));

const shape = {
  vocab_size: fields.vocabulary.default(128_100),
  hidden_size: fields.width.default(1536),
  num_hidden_layers: fields.layers.default(24),
  num_attention_heads: fields.heads.default(24),
  intermediate_size: fields.innerWidth.default(6144),
  hidden_act: activation.default('gelu'),
  hidden_dropout_prob: rate.default(0.1),
  attention_probs_dropout_prob: rate.default(0.1),
  max_position_embeddings: fields.positions.default(512),
  type_vocab_size: fields.optionalSegments.default(0),
  layer_norm_eps: epsilon.default(1e-7),
  relative_attention: flag.default(false),
  max_relative_positions: fields.distances.default(-1),
  position_buckets: fields.distances.default(-1),
  position_biased_input: flag.default(true),
  pos_att_type: kinds.nullable().default(null),
  share_att_key: flag.default(false),
  norm_rel_ebd: fields.oneOf(['none', 'layer_norm']).default('none'),
  embedding_size: fields.width.optional(),
  pad_token_id: paddingId.nullable().default(0),
  padding_idx: paddingId.optional(),
  pooler_dropout: rate.default(0),
  pooler_hidden_act: activation.default('gelu'),
  pooler_hidden_size: fields.width.optional(),
  cls_dropout: rate.nullable().default(null),
  conv_kernel_size: z.literal(0, { error: 'must be 0' }).optional(),
};

const EMBEDDINGS = 'deberta.embeddings';
const DISTANCES = 'deberta.encoder.rel_embeddings';

export const deberta: Architecture = (config, { classes, dropout, vocabularyRows }) => {
  const s = readConfiguration(shape, config);
  const width = s.hidden_size;
  if ((s.pooler_hidden_size ?? width) !== width) {
    throw new ConfigurationError(
      `config.json: pooler_hidden_size must be hidden_size, ${width}; got ${s.pooler_hidden_size}`,
    );
  }
  const heads = s.num_attention_heads;
  const each = headWidth(width, heads);
  const narrow = s.embedding_size ?? width;
  const kinds = s.relative_attention ? (s.pos_att_type ?? []) : [];
  const most = s.max_relative_positions < 1 ? s.max_position_embeddings : s.max_relative_positions;
  const span = s.position_buckets > 0 ? s.position_buckets : most;
  const distances = { span, buckets: Math.max(0, s.position_buckets), most };
  const rates = { hidden: dropout ?? s.hidden_dropout_prob, attention: dropout ?? s.attention_probs_dropout_prob };
  // Whether or not there is relative attention, the kinds that the configuration names count.
  const scale = 1 / Math.sqrt(each * (1 + new Set(s.pos_att_type ?? []).size));
  const layerNames = Array.from({ length: s.num_hidden_layers }, (_, i) => `deberta.encoder.layer.${i}`);
  const start = parametersAt(0);
  const head = parametersAt(s.num_hidden_layers + 1);
  const layersWith = (b: Builder, p: Parameters<typeof layersOf>[1], mode: Layers['mode']) =>
    layersOf(b, p, mode, s.layer_norm_eps);

  const layerParameters = (name: string, depth: number): EncoderParameter[] => {
    const { linear, norm } = parametersAt(depth);
    const self = `${name}.attention.self`;
    return [
      ...['query_proj', 'key_proj', 'value_proj'].flatMap((part) => linear(`${self}.${part}`, width, width)),
      ...(s.share_att_key || !kinds.includes('c2p') ? [] : linear(`${self}.pos_key_proj`, width, width)),
      ...(s.share_att_key || !kinds.includes('p2c') ? [] : linear(`${self}.pos_query_proj`, width, width)),
      ...linear(`${name}.attention.output.dense`, width, width),
      ...norm(`${name}.attention.output.LayerNorm`, width),
      ...linear(`${name}.intermediate.dense`, width, s.intermediate_size),
      ...linear(`${name}.output.dense`, s.intermediate_size, width),
      ...norm(`${name}.output.LayerNorm`, width),
    ];
  };

  /** The projections of the table of distances that a layer's queries and keys score. */
  const positionKeys = (layers: Layers, name: string, table: Value): PositionKeys => {
    const { b } = layers;
    const dropped = layers.drop(table, rates.hidden, `${name} distances`);
    const rowsBy =
      (projection: string): RowsFor =>
      (positions) => {
        const projected = layers.linear(`${name}.attention.self.${projection}`, gather(b, dropped, positions));
        return transpose(b, reshape(b, projected, [Number(positions.type.shape[0]), heads, each]), [1, 0, 2]);
      };
    const [key, query] = s.share_att_key ? ['key_proj', 'query_proj'] : ['pos_key_proj', 'pos_query_proj'];
    const scaled =
      (rows: RowsFor): RowsFor =>
      (positions) =>
        mul(b, rows(positions), scale);
    return {
      ...(kinds.includes('c2p') ? { forQueries: rowsBy(key!) } : {}),
      ...(kinds.includes('p2c') ? { forKeys: scaled(rowsBy(query!)) } : {}),
    };
  };

  const layer = (layers: Layers, name: string, x: Value, of: { ids: Value; bias: Value; table: Value | undefined }) => {
    const { b } = layers;
    // Heads first: what a head scores distances by is the same for all rows.
    const side = (part: string) =>
      transpose(b, splitHeads(b, layers.linear(`${name}.attention.self.${part}`, x), heads), [1, 0, 2, 3]);
    const [query, key] = [mul(b, side('query_proj'), scale), side('key_proj')];
    const content = matMul(b, query, transpose(b, key));
    const placed =
      of.table && positionScores(b, of.ids, { query, key, content }, positionKeys(layers, name, of.table), distances);
    const scores = add(b, placed ? add(b, content, placed) : content, of.bias);
    const heard = attend(layers, scores, side('value_proj'), rates.attention, `${name} attention`);
    const seen = joinHeads(b, transpose(b, heard, [1, 0, 2, 3]));
    const dropped = (y: Value, stream: string) => layers.drop(y, rates.hidden, stream);
    const mixed = dropped(layers.linear(`${name}.attention.output.dense`, seen), `${name} mixed`);
    const y = layers.norm(`${name}.attention.output.LayerNorm`, add(b, mixed, x));
    const inner = activations[s.hidden_act](b, layers.linear(`${name}.intermediate.dense`, y));
    const outer = dropped(layers.linear(`${name}.output.dense`, inner), `${name} outer`);
    return layers.norm(`${name}.output.LayerNorm`, add(b, outer, y));
  };

  return {
    ...{ architecture: 'deberta-v2', prefix: 'deberta.', width, layers: s.num_hidden_layers },
    vocabularyName: `${EMBEDDINGS}.word_embeddings.weight`,
    vocabularySize: s.vocab_size,
    paddingId: s.pad_token_id ?? 0,
    maxTokens: s.max_position_embeddings,
    parameters: [
      ...start.table(`${EMBEDDINGS}.word_embeddings`, vocabularyRows ?? s.vocab_size, narrow),
      ...(s.position_biased_input
        ? start.table(`${EMBEDDINGS}.position_embeddings`, s.max_position_embeddings, narrow)
        : []),
      ...(s.type_vocab_size > 0 ? start.table(`${EMBEDDINGS}.token_type_embeddings`, s.type_vocab_size, narrow) : []),
      ...(narrow === width ? [] : start.linear(`${EMBEDDINGS}.embed_proj`, narrow, width).slice(0, 1)),
      ...start.norm(`${EMBEDDINGS}.LayerNorm`, width),
      ...(s.relative_attention ? start.table(DISTANCES, 2 * span, width) : []),
      ...(s.norm_rel_ebd === 'layer_norm' ? start.norm('deberta.encoder.LayerNorm', width) : []),
      ...layerNames.flatMap((name, i) => layerParameters(name, i + 1)),
      ...head.linear('pooler.dense', width, width),
      ...head.linear('classifier', width, classes),
    ],
    hidden(b, p, tokens, mode) {
      const layers = layersWith(b, p, mode);
      let x = layers.look(`${EMBEDDINGS}.word_embeddings`, tokens.ids);
      if (s.position_biased_input) x = add(b, x, positionsOf(layers, `${EMBEDDINGS}.position_embeddings`, tokens));
      if (s.type_vocab_size > 0) x = add(b, x, segmentOf(layers, `${EMBEDDINGS}.token_type_embeddings`));
      if (narrow !== width) x = matMul(b, x, layers.parameter(`${EMBEDDINGS}.embed_proj.weight`));
      const real = unsqueeze(b, cast(b, tokens.mask, 'float32'), [-1]);
      const first = layers.drop(mul(b, layers.norm(`${EMBEDDINGS}.LayerNorm`, x), real), rates.hidden, EMBEDDINGS);
      const distancesTable = s.relative_attention ? layers.parameter(`${DISTANCES}.weight`) : undefined;
      const table =
        distancesTable && s.norm_rel_ebd === 'layer_norm'
          ? layers.norm('deberta.encoder.LayerNorm', distancesTable)
          : distancesTable;
      const of = { ids: tokens.ids, bias: squeeze(b, maskBias(b, tokens), [1]), table };
      return layerNames.reduce((y, name) => b.at(name, () => layer(layers, name, y, of)), first);
    },
    logits: (b, p, hidden, mode) =>
      b.at('head', () => {
        const layers = layersWith(b, p, mode);
        const first = layers.drop(firstToken(b, hidden), s.pooler_dropout, 'pooler');
        const pooled = activations[s.pooler_hidden_act](b, layers.linear('pooler.dense', first));
        return layers.linear(
          'classifier',
          layers.drop(pooled, dropout ?? s.cls_dropout ?? s.hidden_dropout_prob, 'classifier'),
        );
      }),
    flops: encoderFlops({ layers: s.num_hidden_layers, width, inner: s.intermediate_size }),
  };
};

/** The recipe of an encoder: its weights are trained further, with a head for the labels. */
import { adamw } from '#engine/optim/adam.ts';
import { cosineWithWarmup, linearWithWarmup } from '#engine/optim/schedule.ts';
import { expectTensor, type Tensors, tensor } from '#engine/tensor.ts';
import { sizeOf } from '#engine/type.ts';
import { encoderNetwork } from '#zoo/encoders/network.ts';
import { encoderOf } from '#zoo/encoders/registry.ts';
import type { EncoderHyperparameters, Truncation } from '#zoo/text-hyperparameters.ts';
import type { Learner } from '../fit/fit.ts';
import type { TokenServing } from '../text/description.ts';
import { stepsOf } from '../text/learner.ts';
import { textLoss } from '../text/loss.ts';
import type { TextRecipe } from '../text/recipe.ts';
import { bucketedBatches, bucketsOf } from './buckets.ts';
import { encoderFiles } from './export.ts';
import { feedsOf } from './feeds.ts';
import type { OpenedEncoder } from './open.ts';
import { type PreparedTokens, prepareTokens } from './prepare.ts';
import { encoderObjective, encoderRunner, lengthsOf } from './runner.ts';

/** Texts that are judged together. */
const PIECE_ROWS = 16;
/** Of the tokens of a piece, those that it has in common with the one before. */
const OVERLAP = 0.25;

const SCHEDULES = { linear: linearWithWarmup, cosine: cosineWithWarmup } as const;

export function encoderRecipe(name: string, opened: OpenedEncoder, h: EncoderHyperparameters): TextRecipe {
  const { encoder, tokenizer, weights, files } = opened;
  const mostTokens = Math.min(h.max_length, encoder.maxTokens);
  return {
    async prepare(bytes, file) {
      const prepared = await prepareTokens(bytes, file, {
        ...{
          tokenizer,
          mostTokens,
          overlap: overlapOf(mostTokens),
          truncation: h.truncation,
          vocabularySize: encoder.vocabularySize,
        },
        ...{ labels: h.labels, validationSplit: h.validation_split, seed: h.seed },
      });
      const { learner, batchSize } = learnerOf(name, opened, prepared, h);
      const all = prepared.rows.training + prepared.rows.validation;
      return {
        ...{ prepared, learner, batchSize },
        // The state has a vector for each token that occurs.
        basis: `, encoder ${files.identity}, ${prepared.occurring.length} tokens`,
        parameters: encoder.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
        warnings: [
          ...(mostTokens < h.max_length
            ? [`max_length was cut from ${h.max_length} to ${mostTokens}, which is what ${name} has positions for`]
            : []),
          ...(prepared.shortened > 0
            ? [
                `${prepared.shortened} of ${all} texts are longer than ${mostTokens} tokens: ${learnedOf(h.truncation, prepared)}`,
              ]
            : []),
          ...(prepared.judged.mostPieces === undefined
            ? []
            : [`The model was judged by the first ${prepared.judged.mostPieces} pieces of each text only`]),
          ...(weights.missing.length > 0
            ? [`${weights.missing.join(', ')} are new: ${files.name} has no head for these labels`]
            : []),
          ...(h.freeze_layers > encoder.layers
            ? [`freeze_layers was cut from ${h.freeze_layers} to ${encoder.layers}, all that ${name} has`]
            : []),
        ],
        reads: `A text is cut into tokens by the tokenizer of ${files.name}, and read in pieces of at most ${mostTokens} tokens, with ${overlapOf(mostTokens)} of overlap. The piece that is most like an attack counts.`,
        openEvaluation: () => learner.runner({ batchSize, seed: h.seed, session: {} }).openEvaluation(),
        feeds: (rows) => feedsOf(rows, prepared.occurring, encoder.paddingId),
        async files(fit, rule) {
          const serving: TokenServing = {
            format: 2,
            tokens: {
              most: mostTokens,
              overlap: overlapOf(mostTokens),
              padding_id: encoder.paddingId,
              flops: encoder.flops(mostTokens),
            },
            ...rule,
          };
          return encoderFiles(opened, wholeOf(opened, fit.parameters, prepared.occurring), serving);
        },
      };
    },
  };
}

const LEARNED = {
  random: 'each epoch learns from a piece of them at random',
  head: 'their beginnings are learned from',
  tail: 'their ends are learned from',
  both: 'their beginnings and ends are learned from',
} as const;

const learnedOf = (truncation: Truncation, { mostPieces }: PreparedTokens): string =>
  `${LEARNED[truncation]}${mostPieces === undefined ? '' : `, out of their first ${mostPieces}`}`;

const overlapOf = (tokens: number): number => Math.floor(tokens * OVERLAP);

type EncoderLearner = Learner & Required<Pick<Learner, 'runner'>>;

function learnerOf(
  name: string,
  { encoder, config, weights }: OpenedEncoder,
  { data, rows, occurring, longest: longestRow, epochRows }: PreparedTokens,
  h: EncoderHyperparameters,
): { readonly learner: EncoderLearner; readonly batchSize: number } {
  // Those of the other epochs are as likely; the longest may be in one of them only.
  const buckets = bucketsOf(Int32Array.from([...lengthsOf(data.training as Tensors), longestRow]));
  const accumulation = Math.max(1, Math.min(h.gradient_accumulation_steps, Math.floor(rows.training / h.batch_size)));
  const batchSize = h.batch_size * accumulation;
  const { total, warmup } = stepsOf({ hyperparameters: { ...h, batch_size: batchSize }, rows: rows.training });
  const tuning = { layerDecay: h.layer_decay, frozenLayers: Math.min(h.freeze_layers, encoder.layers) };
  const options = { classes: h.labels.length, dropout: h.dropout };
  // Which vector padding has does not matter: nothing looks at it.
  const network = (vocabularyRows: number) =>
    encoderNetwork(encoderOf(config, { ...options, vocabularyRows }), tuning, 0);
  const whole = network(occurring.length);
  const loss = textLoss(h);
  const optimizer = adamw({ learningRate: h.learning_rate, weightDecay: h.weight_decay });
  const schedule = SCHEDULES[h.lr_scheduler](warmup, total);
  const longest = buckets.at(-1)!;
  const learner: EncoderLearner = {
    ...{
      name,
      network: whole,
      objective: encoderObjective(whole, loss, longest),
      optimizer,
      schedule,
      pieceRows: PIECE_ROWS,
      scoresAsSeen: true,
    },
    initial: { ...weights.parameters, ...vectorsOf(weights.parameters, encoder.vocabularyName, occurring) },
    flopsPerRow: encoder.flops(longest),
    batches: (of, size, seed, epoch) => bucketedBatches(lengthsOf(of), size, seed, epoch),
    epochRows,
    runner: (of) =>
      encoderRunner(
        {
          ...{ network, loss, buckets, optimizer, schedule, accumulation, clipNorm: h.max_grad_norm },
          vocabularyRows: occurring.length,
          vocabularyName: encoder.vocabularyName,
          isVocabularyTrained: tuning.frozenLayers === 0,
        },
        of,
      ),
  };
  return { learner, batchSize };
}

/** The vectors of the tokens that occur. */
function vectorsOf(parameters: Tensors, name: string, occurring: Int32Array): Tensors {
  const { shape, data } = expectTensor(name, parameters[name], 'float32');
  const width = shape[1]!;
  const rows = new Float32Array(occurring.length * width);
  for (const [row, id] of occurring.entries()) rows.set(data.subarray(id * width, (id + 1) * width), row * width);
  return { [name]: tensor('float32', [occurring.length, width], rows) };
}

/** All parameters, with the vectors of tokens that do not occur as they were. */
function wholeOf({ encoder, weights }: OpenedEncoder, trained: Tensors, occurring: Int32Array): Tensors {
  const name = encoder.vocabularyName;
  const { shape, data } = expectTensor(name, weights.parameters[name], 'float32');
  const rows = expectTensor(name, trained[name], 'float32').data;
  const width = shape[1]!;
  const table = data.slice();
  for (const [row, id] of occurring.entries()) table.set(rows.subarray(row * width, (row + 1) * width), id * width);
  return { ...trained, [name]: tensor('float32', shape, table) };
}

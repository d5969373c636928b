/** An encoder with its head as a network that can be trained: from a text's identifiers to logits. */
import type { Builder, Value } from '#engine/graph.ts';
import { greaterOrEqual } from '#engine/ops/compare.ts';
import { cast, where } from '#engine/ops/select.ts';
import type { Network } from '#engine/training/network.ts';
import type { Encoder, Tokens } from './encoder.ts';

export interface Tuning {
  /** The factor of the learning rate from each layer to the one below it, 0–1. */
  readonly layerDecay: number;
  /** So many layers from the first are not trained, and neither are the embeddings if there are any. */
  readonly frozenLayers: number;
}

/** Marks a place behind a text's end. */
export const NO_TOKEN = -1;

/** int32 [rows, tokens] with −1 behind a text's end. */
export function tokensOf(b: Builder, ids: Value, paddingId: number): Tokens {
  const mask = greaterOrEqual(b, ids, 0);
  return { mask, ids: where(b, mask, cast(b, ids, 'int64'), paddingId) };
}

/**
 * @param paddingRow the row of the vocabulary's table for padding; its vector does not matter
 */
export function encoderNetwork(encoder: Encoder, { layerDecay, frozenLayers }: Tuning, paddingRow: number): Network {
  const top = encoder.layers + 1;
  return {
    parameters: encoder.parameters.map(({ isTransposed: _, depth, ...spec }) => ({
      ...spec,
      ...(depth <= frozenLayers && frozenLayers > 0 ? { trainable: false } : {}),
      ...(layerDecay === 1 ? {} : { learningRateFactor: layerDecay ** (top - depth) }),
      ...(spec.name === encoder.vocabularyName ? { sparse: true } : {}),
    })),
    forward(b, parameters, x, mode) {
      const tokens = tokensOf(b, x, paddingRow);
      return encoder.logits(b, parameters, encoder.hidden(b, parameters, tokens, mode), mode);
    },
  };
}

/** What the architectures of pretrained encoders have in common, and what fine-tuning needs to know of each. */
import type { Builder, Value } from '#engine/graph.ts';
import type { Mode, ParameterSpec, Values } from '#engine/training/network.ts';

/** A parameter by its name in a checkpoint. A linear layer's weight is [in, out] here and [out, in] there. */
export interface EncoderParameter extends ParameterSpec {
  readonly isTransposed: boolean;
  /** 0 for the embeddings, from 1 on for the layers, and one more than their number for the head. */
  readonly depth: number;
}

/** A batch of texts. */
export interface Tokens {
  /** int64 [rows, tokens]; behind a text's end, the identifier for padding. */
  readonly ids: Value;
  /** bool [rows, tokens]: false for padding, which comes after the text. */
  readonly mask: Value;
}

export interface Encoder {
  readonly architecture: string;
  readonly parameters: readonly EncoderParameter[];
  /** The table of the vocabulary's vectors, which is most of a small encoder. */
  readonly vocabularyName: string;
  readonly vocabularySize: number;
  readonly layers: number;
  readonly width: number;
  readonly paddingId: number;
  /** The most tokens of a text, those included that the tokenizer adds. */
  readonly maxTokens: number;
  /** Begins the names of all parameters but the head's; some checkpoints leave it out. */
  readonly prefix: string;
  /** What the last layer makes of each token: [rows, tokens, width]. */
  hidden(b: Builder, parameters: Values, tokens: Tokens, mode: Mode): Value;
  /** The head's outputs [rows, classes] from these. */
  logits(b: Builder, parameters: Values, hidden: Value, mode: Mode): Value;
  /** Floating-point operations of the forward pass of one text; a multiply-add counts as two. */
  flops(tokens: number): number;
}

/** Rates that replace those of the configuration. */
export interface EncoderOptions {
  readonly classes: number;
  /** Of hidden states and attention. Default: the configuration's. */
  readonly dropout?: number | undefined;
  /** Rows of the vocabulary's table. Default: the configuration's. */
  readonly vocabularyRows?: number;
}

/** An architecture: from a parsed `config.json` to an encoder. Throws `ConfigurationError`. */
export type Architecture = (config: Readonly<Record<string, unknown>>, options: EncoderOptions) => Encoder;

/** A `config.json` says something that is not read. The message names it and its value. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

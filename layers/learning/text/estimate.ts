import type { TextHyperparameters } from '#zoo/text-hyperparameters.ts';

interface Size {
  readonly rows: number;
  readonly bytes: number;
}

/*
 * Measured on two cores of an x86-64 server, from the start of the process to the completed job, with the samples and with
 * generated mails.
 */
const STARTUP_SECONDS = 2;
const SECONDS_PER_STEP = 0.006;
/** For the n-grams of a text, and for each time that it is learned from. */
const SECONDS_PER_BYTE = { reading: 1e-6, learning: 2e-7 };

/** Estimates how long a training of `compact-text` takes, in whole seconds, at least 1. */
export function estimateTextSeconds(
  { num_epochs, batch_size }: Pick<TextHyperparameters, 'num_epochs' | 'batch_size'>,
  { rows, bytes }: Size,
): number {
  const steps = num_epochs * Math.ceil(rows / batch_size);
  const perByte = SECONDS_PER_BYTE.reading + num_epochs * SECONDS_PER_BYTE.learning;
  return Math.max(1, Math.round(STARTUP_SECONDS + steps * SECONDS_PER_STEP + bytes * perByte));
}

/*
 * Of an encoder before its configuration is known: twelve layers of 768, which are most of them. Two cores of an x86-64
 * server with AVX-512 train so many floating-point operations a second.
 */
const ENCODER = { startupSeconds: 10, flopsPerToken: 1.7e8, flopsPerSecond: 6e10, passes: 3 };
/** Of English text. */
const BYTES_PER_TOKEN = 4.5;

/** Estimates how long the fine-tuning of an encoder takes, in whole seconds; smaller encoders take less. */
export function estimateEncoderSeconds(
  { num_epochs, max_length }: Pick<TextHyperparameters, 'num_epochs' | 'max_length'>,
  { rows, bytes }: Size,
): number {
  const tokens = rows * Math.min(max_length, bytes / Math.max(1, rows) / BYTES_PER_TOKEN);
  const flops = num_epochs * tokens * ENCODER.flopsPerToken * ENCODER.passes;
  return Math.round(ENCODER.startupSeconds + flops / ENCODER.flopsPerSecond);
}

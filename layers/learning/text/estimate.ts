import type { TextHyperparameters } from '#zoo/text-hyperparameters.ts';

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
  { rows, bytes }: { readonly rows: number; readonly bytes: number },
): number {
  const steps = num_epochs * Math.ceil(rows / batch_size);
  const perByte = SECONDS_PER_BYTE.reading + num_epochs * SECONDS_PER_BYTE.learning;
  return Math.max(1, Math.round(STARTUP_SECONDS + steps * SECONDS_PER_STEP + bytes * perByte));
}

/** A file of weights cannot be read. The message says why, for whoever gave the file. */
export class WeightsError extends Error {
  override readonly name = 'WeightsError';
}

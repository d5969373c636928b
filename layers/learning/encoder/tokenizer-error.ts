/** A tokenizer's files cannot be read, or a text cannot be cut. The message says why. */
export class TokenizerError extends Error {
  override readonly name = 'TokenizerError';
}

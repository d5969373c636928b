/** Where a platform runs, as far as cases over HTTP have to know: on one machine, or deployed. */
export interface World {
  /** Of the platform surface, without a slash at its end. */
  readonly base: string;
  /** Of this test file alone. */
  readonly folder: string;
  /** Between two questions how far something is. */
  readonly pollMilliseconds: number;
  /** The most bytes that one request may carry. */
  readonly requestBytes: number;
}

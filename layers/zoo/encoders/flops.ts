interface Size {
  readonly layers: number;
  readonly width: number;
  readonly inner: number;
}

/** Of the products of all layers: four of width × width, two with the inner layer, and two of the attention. */
export const encoderFlops =
  ({ layers, width, inner }: Size) =>
  (tokens: number): number =>
    2 * layers * tokens * (4 * width * width + 2 * width * inner + 2 * tokens * width);

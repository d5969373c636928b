/** A cell's text, which is made only where somebody looks at it. */
export interface CellText {
  toString(): string;
}

/** Text within bytes. */
export class BytesText implements CellText {
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  at(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  toString(): string {
    return this.#bytes.toString('utf8', this.#start, this.#end);
  }
}

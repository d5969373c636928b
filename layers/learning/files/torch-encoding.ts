/** What a kind of data knows of how a caller of a PyTorch module encodes raw inputs. */
export interface TorchEncoding {
  /** A sentence on what the module takes, and Python: `encode(rows)`, with the file at hand as `encoder`. */
  readonly about: string;
  readonly program: string;
  /** What was learned from the training rows before the network learned anything. */
  readonly encoder: object;
}

/** The fields that Trainyard's answers have and the document's have not. A new one needs a line here, and the word "addition" in its description. */
import { number, optional, type Shape, text } from '../shape.ts';

export const ADDITIONS = {
  dataset: {},
  datasetDetail: {},
  metadata: {},
  started: {},
  status: {
    compute_seconds: number,
    estimated_cost: number,
    device: optional(text),
    device_reason: optional(text),
  },
  results: { compute_seconds: number, estimated_cost: number },
  modelSummary: {},
  model: {},
} as const satisfies Readonly<Record<string, Readonly<Record<string, Shape>>>>;

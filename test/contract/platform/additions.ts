/** The fields that Trainyard's answers have and the document's have not. A new one needs a line here, and the word "addition" in its description. */
import { integer, number, objects, optional, orNull, type Shape, text, textFields, texts, words } from '../shape.ts';

export const ADDITIONS = {
  list: { next_cursor: orNull(words) },
  dataset: { version: integer },
  datasetDetail: { warnings: objects },
  metadata: {},
  started: {},
  status: {
    compute_seconds: number,
    estimated_cost: number,
    eta: orNull(number),
    waits_for: optional(text),
    stop_reason: optional(text),
    device: optional(text),
    device_reason: optional(text),
    warnings: optional(objects),
  },
  results: { compute_seconds: number, estimated_cost: number, dataset_version: integer, warnings: objects },
  modelSummary: {},
  model: {
    number: integer,
    version: words,
    version_reason: text,
    aliases: texts,
    tags: textFields,
    notes: text,
    dataset_version: integer,
    warnings: objects,
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Shape>>>>;

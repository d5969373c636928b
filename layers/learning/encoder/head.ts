/**
 * The classes of a checkpoint's head, brought into the order of a training's labels. A file numbers its classes as its
 * `config.json` says in `id2label`, and the same number of classes does not make them the same.
 */
import { type Tensor, tensor } from '#engine/tensor.ts';
import { floats, type StoredWeight } from './checkpoint.ts';

/** The layer that has a row for each class, as the four architectures call it. */
const LAYERS = ['classifier', 'classifier.out_proj'] as const;
const PARAMETERS = LAYERS.flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]);

type Stored = ReadonlyMap<string, StoredWeight>;

/**
 * The weights with the rows of that layer in the order of the labels; without them where the file does not name each of
 * the labels, so that they are drawn.
 * @param config the `config.json` beside the weights
 */
export function withHeadOf(
  stored: Stored,
  config: Readonly<Record<string, unknown>>,
  labels: readonly string[],
): Stored {
  const names = namesOf(config.id2label);
  const rows = labels.map((label) => names.indexOf(label.toLowerCase()));
  const isKnown = !rows.includes(-1) && new Set(names).size === names.length;
  const all = new Map(stored);
  for (const name of PARAMETERS) {
    const weight = all.get(name);
    if (!weight) continue;
    if (isKnown && weight.shape[0] === names.length) all.set(name, withRows(name, weight, rows));
    else all.delete(name);
  }
  return all;
}

/** Of the classes, in lower case; empty where the file names none, or not each of them. */
function namesOf(id2label: unknown): string[] {
  if (typeof id2label !== 'object' || id2label === null) return [];
  const names = new Map(Object.entries(id2label).map(([id, label]) => [id, String(label).toLowerCase()]));
  const ordered = Array.from(names, (_, id) => names.get(String(id)));
  return ordered.every((name) => name !== undefined) ? ordered : [];
}

function withRows(name: string, weight: StoredWeight, rows: readonly number[]): StoredWeight {
  const [, ...rest] = weight.shape;
  const shape = [rows.length, ...rest];
  return {
    shape,
    async read(): Promise<Tensor> {
      const values = floats(name, await weight.read());
      const width = values.length / weight.shape[0]!;
      const chosen = new Float32Array(rows.length * width);
      for (const [i, row] of rows.entries()) chosen.set(values.subarray(row * width, (row + 1) * width), i * width);
      return tensor('float32', shape, chosen);
    },
  };
}

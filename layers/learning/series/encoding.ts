/** Windows of series as the encoding of a kind of data: each row as the row of a table is encoded. */
import { z } from 'zod';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { unsqueeze } from '#engine/ops/movement.ts';
import { type Type, type } from '#engine/type.ts';
import type { Encoding } from '../encoding.ts';
import type { Serving } from '../serving/description.ts';
import type { Encoder } from '../table/encoder.ts';
import { tableEncoding } from '../table/encoding.ts';
import { lastValuesOf } from './last-values.ts';
import { seriesTorch } from './torch.ts';
import type { WindowSpec } from './windows.ts';

const seriesInput = z.object({ steps: z.int(), horizon: z.int() });

export const windowOf = ({ input }: Pick<Serving, 'input'>): WindowSpec => seriesInput.parse(input);

/** The type of a window of what a row has. */
const ofSteps = ({ dtype, shape }: Type, steps: number): Type => type(dtype, [shape[0]!, steps, ...shape.slice(1)]);

/** Inputs: one [windows, steps] per feature, of the types that a table's have. */
export function seriesEncoding(
  encoder: Encoder,
  profile: Pick<DatasetProfile, 'columns' | 'target'>,
  { steps, horizon }: WindowSpec,
): Encoding {
  const rows = tableEncoding(encoder, profile);
  const windows = (types: Encoding['types']) =>
    Object.fromEntries(Object.entries(types).map(([name, one]) => [name, ofSteps(one, steps)]));
  const lastValues = lastValuesOf(encoder, profile.target);
  const inputs = Object.entries(rows.inputs).map(([name, { dtype }]) => [name, type(dtype, ['rows', steps])] as const);
  return {
    ...rows,
    kind: 'series',
    shape: [steps, ...rows.shape],
    types: windows(rows.types),
    inputs: Object.fromEntries(inputs),
    served: { ...rows.served, kind: 'series', input: { steps, horizon } },
    ...(lastValues ? { lastValues } : {}),
    torch: () => seriesTorch(rows.torch(), { steps, horizon }),
    encoded: (b, values) => {
      const columns = Object.entries(values).map(([name, value]) => [name, unsqueeze(b, value, [-1])] as const);
      return rows.encoded(b, Object.fromEntries(columns));
    },
  };
}

/** How a window of a series becomes what a PyTorch module takes: each of its rows as a row of a table. */
import type { TorchEncoding } from '../files/torch-encoding.ts';
import type { WindowSpec } from './windows.ts';

const ENCODE = `

encode_rows = encode


def encode(series):
    """Series as lists of rows; their latest rows are the window."""
    return torch.stack([encode_rows(rows[-encoder["steps"] :]) for rows in series])
`;

export const seriesTorch = (rows: TorchEncoding, { steps }: WindowSpec): TorchEncoding => ({
  about: `It takes windows of ${steps} rows, [windows, ${steps}, numbers]. ${rows.about}`,
  program: rows.program + ENCODE,
  encoder: { ...rows.encoder, steps },
});

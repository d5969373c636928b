/** How an image becomes what a PyTorch module takes. */
import type { TorchEncoding } from '../files/torch-encoding.ts';
import type { ChannelScale } from './front.ts';
import type { ImageShape, PixelValues } from './rows.ts';

const ENCODE = (given: number, channels: number, values: PixelValues) => `def encode(images):
    """Images [images, channels, height, width] with the numbers of the data, such as bytes from 0 to 255."""
    x = torch.as_tensor(images, dtype=torch.float32)${channels < given ? grey(values) : ''}
    mean, deviation = (torch.tensor(encoder[name]).reshape(-1, 1, 1) for name in ("mean", "deviation"))
    return torch.where(x.isnan(), 0.0, (x - mean) / deviation)${channels > given ? `.expand(-1, ${channels}, -1, -1)` : ''}
`;

/** Luma in 16 bits; that of bytes is rounded to one. */
const GREY: Readonly<Record<PixelValues, string>> = {
  bytes: 'x = ((x * luma).sum(dim=1, keepdim=True) + 32768) // 65536',
  numbers: 'x = (x * luma).sum(dim=1, keepdim=True) / 65536',
};
const grey = (values: PixelValues): string => `
    luma = torch.tensor([19595, 38470, 7471]).reshape(-1, 1, 1)
    ${GREY[values]}`;

/** @param channels of the network */
export const imageTorch = (
  [given, height, width]: ImageShape,
  { mean, deviation }: ChannelScale,
  channels: number,
  values: PixelValues,
): TorchEncoding => ({
  about: `It takes images [images, ${[channels, height, width].join(', ')}] whose channels have about mean 0 and deviation 1.`,
  program: ENCODE(given, channels, values),
  encoder: { mean, deviation },
});

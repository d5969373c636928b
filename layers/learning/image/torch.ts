/** How an image becomes what a PyTorch module takes. */
import type { TorchEncoding } from '../files/torch-encoding.ts';
import type { ChannelScale } from './front.ts';
import type { ImageShape } from './rows.ts';

const ENCODE = (given: number, channels: number) => `def encode(images):
    """Images [images, channels, height, width] with the numbers of the data, such as bytes from 0 to 255."""
    x = torch.as_tensor(images, dtype=torch.float32)${channels < given ? GREY : ''}
    mean, deviation = (torch.tensor(encoder[name]).reshape(-1, 1, 1) for name in ("mean", "deviation"))
    return torch.where(x.isnan(), 0.0, (x - mean) / deviation)${channels > given ? `.expand(-1, ${channels}, -1, -1)` : ''}
`;

/** Without the rounding of bytes. */
const GREY = `
    x = (x * torch.tensor([19595, 38470, 7471]).reshape(-1, 1, 1) / 65536).sum(dim=1, keepdim=True)`;

/** @param channels of the network */
export const imageTorch = (
  [given, height, width]: ImageShape,
  { mean, deviation }: ChannelScale,
  channels: number,
): TorchEncoding => ({
  about: `It takes images [images, ${[channels, height, width].join(', ')}] whose channels have about mean 0 and deviation 1.`,
  program: ENCODE(given, channels),
  encoder: { mean, deviation },
});

/** How an image becomes what a PyTorch module takes. */
import type { TorchEncoding } from '../files/torch-encoding.ts';
import type { ChannelScale } from './front.ts';
import type { ImageShape } from './rows.ts';

const ENCODE = `def encode(images):
    """Images [images, channels, height, width] with the numbers of the data, such as bytes from 0 to 255."""
    x = torch.as_tensor(images, dtype=torch.float32)
    mean, deviation = (torch.tensor(encoder[name]).reshape(-1, 1, 1) for name in ("mean", "deviation"))
    return torch.where(x.isnan(), 0.0, (x - mean) / deviation)
`;

export const imageTorch = (shape: ImageShape, { mean, deviation }: ChannelScale): TorchEncoding => ({
  about: `It takes images [images, ${shape.join(', ')}] whose channels have about mean 0 and deviation 1.`,
  program: ENCODE,
  encoder: { mean, deviation },
});

/** The part of a model card that says how to use the weights in PyTorch. */
import type { TorchModule } from '#zoo/torch-module.ts';
import { PYTORCH_FILE, SAFETENSORS_FILE } from './names.ts';

/** How whatever a caller has becomes what the module takes, and how its outputs are read: Python. */
export interface TorchUse {
  readonly before: string;
  readonly after: string;
}

export const pytorchCard = ({ source }: TorchModule, { before, after }: TorchUse): string => `
## PyTorch

\`${PYTORCH_FILE}\` and \`${SAFETENSORS_FILE}\` have the weights for this module. \`model.onnx\` needs none of it: it takes raw features.

\`\`\`python
import torch
from torch import nn


${source.trim()}


model = Model()
model.load_state_dict(torch.load("${PYTORCH_FILE}", weights_only=True))
model.eval()
\`\`\`

${before.trim()}

${after.trim()}
`;

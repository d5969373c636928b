/** How a caller of a PyTorch module gets from raw inputs to answers without Trainyard: Python, and a file that it reads. */
import type { Answers, Preparation } from '../fit/task.ts';
import { ENCODER_FILE } from './names.ts';
import type { TorchUse } from './pytorch-card.ts';

const READ: Readonly<Record<Answers['task'], string>> = {
  classification: `\`\`\`python
def predict(rows):
    probabilities = (model(encode(rows)) / encoder["temperature"]).softmax(dim=1)
    threshold = encoder["threshold"]
    places = probabilities.argmax(dim=1) if threshold is None else (probabilities[:, 1] >= threshold).int()
    return [encoder["classes"][i] for i in places], probabilities
\`\`\``,
  multilabel: `\`\`\`python
def predict(rows):
    probabilities = model(encode(rows)).sigmoid()
    answers = probabilities >= torch.tensor(encoder["thresholds"])
    return [[name for name, has in zip(encoder["classes"], row) if has] for row in answers], probabilities
\`\`\``,
  regression: `\`\`\`python
def predict(rows):
    return model(encode(rows))[:, 0] * encoder["target"]["deviation"] + encoder["target"]["mean"]
\`\`\``,
};

/** `encoder.json`. */
export function encoderFile({ encoding, classes, scale, calibration = {} }: Preparation): Uint8Array {
  const { temperature = 1, threshold = null, thresholds } = calibration;
  const { encoder } = encoding.torch();
  return Buffer.from(
    JSON.stringify({ format: 1, ...encoder, classes, target: scale, temperature, threshold, thresholds }),
  );
}

export function torchUse({ encoding, task }: Preparation): TorchUse {
  const { about, program } = encoding.torch();
  return {
    before: `${about}

\`\`\`python
import json

encoder = json.load(open("${ENCODER_FILE}"))


${program.trim()}
\`\`\``,
    after: READ[task],
  };
}

/** How a row becomes what a PyTorch module takes, for people who use the weights without Trainyard. */

import { ENCODER_FILE } from '../files/names.ts';
import type { TorchUse } from '../files/pytorch-card.ts';
import type { Answers } from '../fit/task.ts';
import type { Encoder } from './encoder.ts';

/** `encoder.json`: what was learned from the training rows before the network learned anything. */
export function encoderFile({ features }: Encoder, { classes, scale, calibration = {} }: Answers): Uint8Array {
  const { temperature = 1, threshold = null } = calibration;
  return Buffer.from(JSON.stringify({ format: 1, features, classes, target: scale, temperature, threshold }));
}

const ENCODE = `Its input are encoded rows: numbers as (x − mean) / deviation with 0 for a missing one, then a 1 for each missing number of the columns where training rows had some, then a one-hot vector for each category.

\`\`\`python
import json

encoder = json.load(open("${ENCODER_FILE}"))


def encode(rows):
    """Rows as lists of values in the order of the features, with None for a missing one; categories are texts."""
    encoded = []
    for row in rows:
        numbers, missing, hot = [], [], []
        for feature, value in zip(encoder["features"], row):
            if "words" in feature:
                words = feature["words"] + ([None] if feature["missing"] else [])
                hot += [float(value == word) for word in words]
            else:
                numbers.append(0.0 if value is None else (value - feature["mean"]) / feature["deviation"])
                if feature["missing"]:
                    missing.append(float(value is None))
        encoded.append(numbers + missing + hot)
    return torch.tensor(encoded)
\`\`\``;

const READ: Readonly<Record<Answers['task'], string>> = {
  classification: `\`\`\`python
def predict(rows):
    probabilities = (model(encode(rows)) / encoder["temperature"]).softmax(dim=1)
    threshold = encoder["threshold"]
    places = probabilities.argmax(dim=1) if threshold is None else (probabilities[:, 1] >= threshold).int()
    return [encoder["classes"][i] for i in places], probabilities
\`\`\``,
  regression: `\`\`\`python
def predict(rows):
    return model(encode(rows))[:, 0] * encoder["target"]["deviation"] + encoder["target"]["mean"]
\`\`\``,
};

export const tableTorchUse = ({ task }: Answers): TorchUse => ({ before: ENCODE, after: READ[task] });

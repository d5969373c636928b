/** How a row becomes what a PyTorch module takes, for people who use the weights without Trainyard. */

import { ENCODER_FILE } from '../files/names.ts';
import type { TorchUse } from '../files/pytorch-card.ts';
import type { Answers } from '../fit/task.ts';
import type { Encoder } from './encoder.ts';

/** `encoder.json`: what was learned from the training rows before the network learned anything. */
export function encoderFile({ features }: Encoder, { classes, scale, calibration = {} }: Answers): Uint8Array {
  const { temperature = 1, threshold = null, thresholds } = calibration;
  return Buffer.from(
    JSON.stringify({ format: 1, features, classes, target: scale, temperature, threshold, thresholds }),
  );
}

const ENCODE = `Its input are encoded rows: numbers as (x − mean) / deviation with 0 for a missing one, then a 1 for each missing number of the columns where training rows had some, then a one-hot vector for each category, and the code of each category that is embedded: the position of its word, or the number after the last one for a word that training rows had not.

\`\`\`python
import json

encoder = json.load(open("${ENCODER_FILE}"))


def encode(rows):
    """Rows as lists of values in the order of the features, with None for a missing one; categories are texts."""
    encoded = []
    for row in rows:
        numbers, missing, hot, codes = [], [], [], []
        for feature, value in zip(encoder["features"], row):
            if "words" in feature:
                words = feature["words"] + ([None] if feature["missing"] else [])
                if feature.get("embedded"):
                    codes.append(float(words.index(value) if value in words else len(words)))
                else:
                    hot += [float(value == word) for word in words]
            else:
                numbers.append(0.0 if value is None else (value - feature["mean"]) / feature["deviation"])
                if feature["missing"]:
                    missing.append(float(value is None))
        encoded.append(numbers + missing + hot + codes)
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

export const tableTorchUse = ({ task }: Answers): TorchUse => ({ before: ENCODE, after: READ[task] });

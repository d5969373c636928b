/** How a row of a table becomes what a PyTorch module takes, for people who use the weights without Trainyard. */
import type { TorchEncoding } from '../files/torch-encoding.ts';
import type { Encoder } from './encoder.ts';

const ENCODE = `def encode(rows):
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
`;

export const tableTorch = ({ features }: Encoder): TorchEncoding => ({
  about:
    'Its input are encoded rows: numbers as (x − mean) / deviation with 0 for a missing one, then a 1 for each missing number of the columns where training rows had some, then a one-hot vector for each category, and the code of each category that is embedded: the position of its word, or the number after the last one for a word that training rows had not.',
  program: ENCODE,
  encoder: { features },
});

/** How a text becomes what a PyTorch module takes: what `featurizer.ts` does, in Python. */
import type { TorchEncoding } from '../files/torch-encoding.ts';
import type { Featurizer } from './featurizer.ts';

const ENCODE = `import re
import unicodedata


def bucket(gram):
    """FNV-1a over UTF-16 code units, and the last mixing steps of MurmurHash3."""
    units = gram.encode("utf-16-le", "surrogatepass")
    h = 0x811C9DC5
    for i in range(0, len(units), 2):
        h = ((h ^ int.from_bytes(units[i : i + 2], "little")) * 0x01000193) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return 1 + (h ^ (h >> 16)) % (encoder["featurizer"]["buckets"] - 1)


def grams(text):
    most = encoder["featurizer"]["max_words"]
    beginning = unicodedata.normalize("NFKC", text[: 64 * most]).lower()
    words = [word[:40] for word in re.findall(r"\\w+|[^\\s\\w]", beginning)[:most]]
    for i, word in enumerate(words):
        yield "w:" + word
        if i + 1 < len(words):
            yield f"w:{word} {words[i + 1]}"
        marked = f"<{word}>"
        for n in range(3, 6):
            for at in range(len(marked) - n + 1):
                yield "c:" + marked[at : at + n]


def encode(texts):
    """Texts, or rows of one text each."""
    rows = []
    for text in texts:
        counts = {}
        for gram in grams(text if isinstance(text, str) else text[0]):
            place = bucket(gram)
            if place in counts or len(counts) < 4096:
                counts[place] = counts.get(place, 0) + 1
        weights = 1 + torch.tensor(list(counts.values()), dtype=torch.float32).log()
        weights /= weights.norm() if len(weights) else 1
        rows.append(torch.stack([torch.tensor(list(counts), dtype=torch.float32), weights]))
    x = torch.zeros(len(rows), 2, max([1, *(row.shape[1] for row in rows)]))
    for place, row in enumerate(rows):
        x[place, :, : row.shape[1]] = row
    return x
`;

export const textTorch = (input: { readonly featurizer: Featurizer }): TorchEncoding => ({
  about:
    'Its input is made of a text: the buckets of its hashed n-grams, then their weights, [texts, 2, places], with 0 where there are fewer n-grams than in the longest text.',
  program: ENCODE,
  encoder: input,
});

/** How a text becomes what a PyTorch module takes: what `featurizer.ts` does, in Python. */
import type { TorchEncoding } from '../files/torch-encoding.ts';
import type { Featurizer } from './featurizer.ts';

const ENCODE = `import re
import unicodedata

BLANK = "\\t-\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff"
# A letter or a digit is \\w for both; a separator such as \\x1c is a blank for Python alone.
WORD = re.compile(rf"\\w+|[^{BLANK}\\w]")


def units(text):
    """UTF-16, two bytes each: texts are cut and hashed by them."""
    return text.encode("utf-16-le", "surrogatepass")


def bucket(gram):
    """FNV-1a over UTF-16 code units, and the last mixing steps of MurmurHash3."""
    h = 0x811C9DC5
    for i in range(0, len(gram), 2):
        h = ((h ^ int.from_bytes(gram[i : i + 2], "little")) * 0x01000193) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return 1 + (h ^ (h >> 16)) % (encoder["featurizer"]["buckets"] - 1)


def grams(text):
    most = encoder["featurizer"]["max_words"]
    beginning = units(text)[: 128 * most].decode("utf-16-le", "surrogatepass")
    found = WORD.findall(unicodedata.normalize("NFKC", beginning).lower())
    words = [units(word)[:80] for word in found[:most]]
    for i, word in enumerate(words):
        yield units("w:") + word
        if i + 1 < len(words):
            yield units("w:") + word + units(" ") + words[i + 1]
        marked = units("<") + word + units(">")
        for n in range(3, 6):
            for at in range(len(marked) // 2 - n + 1):
                yield units("c:") + marked[2 * at : 2 * (at + n)]


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

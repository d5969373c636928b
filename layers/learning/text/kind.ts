/** Texts: tables with one column of text, which is what a model learns from. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { BUCKETS } from '#zoo/compact-text.ts';
import type { Kind } from '../kind.ts';
import type { Serving } from '../serving/description.ts';
import { valueAt, valuesOf } from '../serving/explain.ts';
import type { Input } from '../serving/input.ts';
import { code } from '../serving/markdown.ts';
import { table } from '../table/kind.ts';
import { usableRows } from '../table/resident.ts';
import { columnValues } from '../values/column-values.ts';
import { BYTES_PER_GRAM, ofColumn, TEXT_INPUTS, textColumn } from './encoding.ts';
import { explainTexts, GRAM_BOUNDS } from './explain.ts';
import { MAX_GRAMS } from './featurizer.ts';
import { prepareColumn } from './prepare-column.ts';
import { gramTensors, textsOf } from './tensors.ts';

/** Measured on two cores of an x86-64 server, with mails. */
const SECONDS_PER_TEXT = 0.0005;
/** N-grams of a word: itself, with the word before it, and its characters. */
const GRAMS_PER_WORD = 8;
const USUAL_WORDS = 256;
/** Texts that are run together, so that a long one makes few others as wide. */
const TOGETHER = 64;
/** Of a file that nobody has read yet. */
const GUESS = { bytesPerText: 500 };

/** By the rules by which the data were read: what means "no value" there is no text. */
const textsIn = (serving: Serving, inputs: readonly Input[]): string[] =>
  textsOf(inputs, ofColumn(serving).column, columnValues('category', serving.features[0]?.format).isMissing);

export const text: Kind = {
  ...table,
  name: 'text',
  label: 'texts',
  unit: 'texts',
  takes: (profile) => textColumn(profile) !== undefined,
  guess: (bytes) => {
    const column = { missing: 0, distinct: 0, distinct_estimated: true } as const;
    return {
      kind: 'text',
      rows: Math.max(1, Math.round(bytes / GUESS.bytesPerText)),
      columns: [
        { name: 'text', type: 'text', ...column },
        { name: 'label', type: 'category', ...column },
      ],
      features: ['text'],
      target: 'label',
    };
  },
  outline: (profile: DatasetProfile, { text: { words } = { words: USUAL_WORDS } }) => {
    const rows = usableRows(profile);
    const places = Math.min(words * GRAMS_PER_WORD, BUCKETS);
    return {
      shape: [2, places],
      rows,
      bytes: rows * places * BYTES_PER_GRAM,
      seconds: rows * SECONDS_PER_TEXT,
    };
  },
  prepare: prepareColumn,
  tensors: async (serving, inputs) => {
    const { places, featurizer } = ofColumn(serving);
    return gramTensors(textsIn(serving, inputs), featurizer, places);
  },
  pieces: (serving, inputs) => {
    const texts = textsIn(serving, inputs);
    return Array.from({ length: Math.ceil(texts.length / TOGETHER) }, (_, i) =>
      texts.slice(i * TOGETHER, (i + 1) * TOGETHER),
    );
  },
  explainer: {
    // The bound depends on the texts.
    expect: () => {},
    cut: () => {
      throw new TypeError('a text has parts of its own');
    },
  },
  explain: async ({ serving, inputs, run }) => {
    const { places, featurizer } = ofColumn(serving);
    const texts = textsIn(serving, inputs);
    const ask = (some: readonly string[]) => run(gramTensors(some, featurizer, places), some.length);
    const answers = valuesOf(serving, await ask(texts)).map((value, i) => ({ text: texts[i]!, ...value }));
    return explainTexts(answers, GRAM_BOUNDS, async (some, output) => {
      const results = await ask(some);
      return some.map((_, row) => valueAt(serving, results, row, output));
    });
  },
  inputShape: ({ shape }) => shape,
  card: (serving) => {
    const { column, featurizer } = ofColumn(serving);
    return {
      table: `| Input | Type | Shape |
| --- | --- | --- |
| \`${TEXT_INPUTS.buckets}\` | int32 | [texts, places] |
| \`${TEXT_INPUTS.weights}\` | float32 | [texts, places] |`,
      note: `The inputs are made of the column ${code(column)}: hashed n-grams of up to ${featurizer.max_words} words and of their characters, in ${featurizer.buckets} buckets, and how often they occur. There are as many places as the longest of the texts has different ones, at most ${MAX_GRAMS}; the others have bucket 0 with weight 0 there.`,
    };
  },
};

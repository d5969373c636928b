import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { openTokenizer, type TextTokenizer } from '#learning/encoder/tokenizer.ts';

const path = (name: string) => new URL(`../../fixtures/tokenizers/${name}`, import.meta.url);
const read = (name: string): Uint8Array => readFileSync(path(name));
const json = <T>(name: string): T => JSON.parse(readFileSync(path(name), 'utf8'));
const texts = json<string[]>('texts.json');

const encode = ({ before, encode: inner, after }: TextTokenizer, text: string): number[] => [
  ...before,
  ...inner(text),
  ...after,
];

describe.each([
  ['wordpiece', 'tokenizer.json'],
  ['bytes-bpe', 'tokenizer.json'],
  ['unigram', 'spm.model'],
])('the tokenizer %s', (name, file) => {
  const tokenizer = openTokenizer(new Map([[file, read(`${name}/${file}`)]]));

  test.each(texts.map((text, i) => [i, text] as const))(
    'gives text %i the identifiers that Python gives it: %j',
    (i, text) => {
      expect(encode(tokenizer, text)).toEqual(json<number[][]>(`${name}/ids.json`)[i]);
    },
  );
});

describe('files of a tokenizer', () => {
  const bytes = (text: string) => Buffer.from(text);

  test.each([
    [[['vocab.txt', bytes('a')]], 'there must be tokenizer.json or spm.model; got vocab.txt'],
    [[], 'there must be tokenizer.json or spm.model; got neither'],
    [[['tokenizer.json', bytes('{')]], 'tokenizer.json is not valid JSON'],
    [[['tokenizer.json', bytes('{}')]], 'tokenizer.json is no tokenizer: it has no model'],
    [[['spm.model', bytes('{"a":1}')]], 'spm.model is no SentencePiece model'],
    [[['spm.model', bytes('')]], 'spm.model must have pieces; it has none'],
  ] as [[string, Uint8Array][], string][])('that cannot be read are refused: %#', (files, message) => {
    expect(() => openTokenizer(new Map(files))).toThrow(message);
  });
});

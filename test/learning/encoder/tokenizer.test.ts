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

describe('a tokenizer of word pieces', () => {
  const tokenizer = openTokenizer(new Map([['tokenizer.json', read('wordpiece/tokenizer.json')]]));

  test('cuts a text as its runs between blanks, whatever it has cut before', () => {
    const whole = texts.filter((text) => !text.includes('[')).flatMap((text) => tokenizer.encode(text));
    const together = texts.filter((text) => !text.includes('[')).join(' \n\t ');
    for (let time = 0; time < 2; time++) expect(tokenizer.encode(together)).toEqual(whole);
  });

  test('makes a word of each Chinese character, also of those beyond 16 bits, as Python does', () => {
    for (const character of ['\u4e00', '\u{20000}', '\u{2a6df}', '\u{2a700}', '\u{2b81f}', '\u{2c8e4}', '\u{2fa1f}']) {
      expect(tokenizer.encode(`an${character}of`)).toEqual(tokenizer.encode(`an ${character} of`));
    }
    // The gaps are Python's.
    for (const character of ['\u{2a6e0}', '\u{2b820}', '\u{2ceb0}']) {
      expect(tokenizer.encode(`an${character}of`)).toEqual(tokenizer.encode('[UNK]'));
    }
  });

  test('keeps no more than some of the words that it has cut, and takes a long one for unknown', () => {
    const text = Array.from({ length: 100_000 }, (_, i) => `${i.toString(36)}x`).join(' ');
    expect(tokenizer.encode(text)).toEqual(tokenizer.encode(text));
    expect(tokenizer.encode('a'.repeat(1_000_000))).toEqual(tokenizer.encode('[UNK]'));
  });
});

describe('a vocabulary without a tokenizer.json', () => {
  const { normalizer, model } = json<{ normalizer: { lowercase: boolean }; model: { vocab: Record<string, number> } }>(
    'wordpiece/tokenizer.json',
  );
  const words = Object.entries(model.vocab).sort(([, a], [, b]) => a - b);
  const vocabulary = Buffer.from(words.map(([word]) => `${word}\n`).join(''));
  const open = (settings: object | undefined, file: Uint8Array = vocabulary) =>
    openTokenizer(
      new Map([
        ['vocab.txt', file],
        ...(settings ? [['tokenizer_config.json', Buffer.from(JSON.stringify(settings))] as const] : []),
      ]),
    );

  test('is the tokenizer that Python makes of it', () => {
    const tokenizer = open({ do_lower_case: normalizer.lowercase });
    expect(texts.map((text) => encode(tokenizer, text))).toEqual(json<number[][]>('wordpiece/ids.json'));
  });

  test('puts texts into lower case unless its settings say otherwise', () => {
    const lower = open(undefined);
    expect(lower.encode('Hello')).toEqual(lower.encode('hello'));
    const cased = open({ do_lower_case: false, cls_token: { content: '[CLS]' } });
    expect(cased.encode('H')).not.toEqual(cased.encode('h'));
  });

  test('must have the tokens that mark a text', () => {
    expect(() => open({}, Buffer.from('[PAD]\n[UNK]\na\n'))).toThrow('vocab.txt must have [CLS]');
    expect(() => open({ do_lower_case: 3 })).toThrow('tokenizer_config.json: do_lower_case: ');
  });
});

describe('a tokenizer that would keep a processor busy', () => {
  const wordpiece = json<object>('wordpiece/tokenizer.json');
  const open = (changes: object) =>
    openTokenizer(new Map([['tokenizer.json', Buffer.from(JSON.stringify({ ...wordpiece, ...changes }))]]));
  const replace = (pattern: object, content: string) => ({ normalizer: { type: 'Replace', pattern, content } });

  test.each<[object, string]>([
    [
      { pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Split', pattern: { Regex: '(a+)+$' } }] } },
      'tokenizer.json: the pattern "(a+)+$" is not read',
    ],
    [
      replace({ String: 'a' }, 'aaaa'),
      'tokenizer.json: a replacement must not be longer than what it replaces; got "aaaa"',
    ],
    [
      { normalizer: { type: 'Sequence', normalizers: Array(1001).fill({ type: 'NFC' }) } },
      'tokenizer.json must have at most 1000 parts beside its model',
    ],
  ])('is refused: %#', (changes, message) => {
    expect(() => open(changes)).toThrow(message);
  });

  test('is no other than one with patterns that encoders have', () => {
    expect(open(replace({ Regex: ' {2,}' }, ' ')).encode('a')).toEqual(open({}).encode('a'));
  });

  test('has files of a bounded size', () => {
    const large = new Uint8Array(2 ** 26 + 1);
    expect(() => openTokenizer(new Map([['spm.model', large]]))).toThrow(
      'spm.model must have at most 67108864 bytes; got 67108865',
    );
  });
});

describe('files of a tokenizer', () => {
  const bytes = (text: string) => Buffer.from(text);

  test.each([
    [[['vocab.txt', bytes('a')]], 'vocab.txt must have [PAD]'],
    [[], 'there must be tokenizer.json, spm.model or vocab.txt; got none'],
    [[['tokenizer_config.json', bytes('{}')]], 'or vocab.txt; got tokenizer_config.json'],
    [[['tokenizer.json', bytes('{')]], 'tokenizer.json is not valid JSON'],
    [[['tokenizer.json', bytes('{}')]], 'tokenizer.json is no tokenizer: it has no model'],
    [[['spm.model', bytes('{"a":1}')]], 'spm.model is no SentencePiece model'],
    [[['spm.model', bytes('')]], 'spm.model must have pieces; it has none'],
  ] as [[string, Uint8Array][], string][])('that cannot be read are refused: %#', (files, message) => {
    expect(() => openTokenizer(new Map(files))).toThrow(message);
  });
});

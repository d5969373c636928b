import { describe, expect, test } from '@jest/globals';
import { columnValues } from '#learning/values/column-values.ts';

const [composed, decomposed] = ['Köln'.normalize('NFC'), 'Köln'.normalize('NFD')];

describe('words whose accents are composed otherwise', () => {
  test('are one value', () => {
    const { word } = columnValues('category', { words: 'text', composed: true });
    expect([word(composed), word(` ${decomposed} `), word('a\u200b')]).toEqual([composed, composed, 'a']);
  });

  test('stay two in a column, or for a model, of an earlier build: its words are known as they were read', () => {
    const { word } = columnValues('category', { words: 'text' });
    expect([word(composed), word(` ${decomposed} `)]).toEqual([composed, decomposed]);
  });
});

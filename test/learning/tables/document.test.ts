import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { casesDocument } from './document.ts';

test('docs/table-cases.md has every case; `node test/learning/tables/write-document.ts` writes it anew', () => {
  expect(readFileSync('docs/table-cases.md', 'utf8')).toBe(casesDocument());
});

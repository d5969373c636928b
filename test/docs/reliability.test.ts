/** The tables of docs/reliability.md name tests that there are. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const page = readFileSync('docs/reliability.md', 'utf8');
/** Of the tables of points: the last cell has a test, or several. */
const rows = page.split('\n').filter((line) => /^\| .*\| (?:both|one machine|cloud)[^|]*\|/.test(line));
const cited = rows.flatMap((line) =>
  line
    .split('|')
    .at(-2)!
    .split('<br>')
    .map((one) => one.trim()),
);

test('every point has a test', () => {
  expect(rows.length).toBeGreaterThan(40);
  expect(cited.filter((one) => !/^`(?:test\/[\w/.-]+\.ts|npm run [\w:-]+)`/.test(one))).toEqual([]);
});

test.each(cited)('%s', (one) => {
  const [, file, title] = /^`(test\/[^`]+)`(?:: (.+))?$/.exec(one) ?? [];
  if (file === undefined) return;
  expect(existsSync(file)).toBe(true);
  if (title !== undefined) expect(readFileSync(file, 'utf8')).toContain(title);
});

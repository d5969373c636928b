import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { type Pattern, patternsIn, patternsOf } from './patterns.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const files = globSync('{layers,functions,infra,containers}/**/*.ts', { cwd: root }).sort();
const found = files.map((file) => ({ file, ...patternsIn(root, file) }));

/** Patterns that are built at run time, as `file: expression`, each with the reason why it is linear. */
const LINEAR: Readonly<Record<string, string>> = {};

/** How the time of each pattern grows if it grows faster than the text, or why that cannot be judged; otherwise null. */
function slownessOf(patterns: readonly Pattern[]): readonly (string | null)[] {
  const program = join(root, 'test/architecture/slowness.ts');
  const input = JSON.stringify(patterns.map(({ source, flags }) => ({ source, flags })));
  const answer = execFileSync(process.execPath, [program], { input, encoding: 'utf8' });
  return JSON.parse(answer) as readonly (string | null)[];
}

const slowOnes = (patterns: readonly Pattern[]): string[] => {
  const slowness = slownessOf(patterns);
  return patterns.flatMap(({ source, flags }, i) =>
    slowness[i] === null ? [] : [`/${source}/${flags} ${slowness[i]}`],
  );
};

describe('regular expressions', () => {
  test('are found wherever they occur', () => {
    expect(found.flatMap(({ fixed }) => fixed).length).toBeGreaterThan(50);
    const source =
      "const a = /x+/u; f(/y/); new RegExp('z+', 'i'); globalThis.RegExp(`w`); text.match('v'); text?.search('u');";
    const patterns = ['x+ u', 'y ', 'z+ i', 'w ', 'v ', 'u '];
    expect(patternsOf(source).fixed.map((one) => `${one.source} ${one.flags}`)).toEqual(patterns);
    expect(patternsOf(`new RegExp(given); RegExp('a', flags); text.match(\`a\${b}\`)`).dynamic).toEqual([
      'RegExp(Identifier)',
      'RegExp(StringLiteral, Identifier)',
      'match(TemplateLiteral)',
    ]);
  });

  test('take time in proportion to the text, so that no text keeps a processor busy', () => {
    // Of the schema library those that requests reach.
    const library = [z.regexes.uuid(), z.regexes.email, z.regexes.datetime({})];
    expect(slowOnes([...found.flatMap(({ fixed }) => fixed), ...library])).toEqual([]);
  }, 120_000);

  test('that take longer are noticed', () => {
    const slow = [/^[+-]?(?:\d+\.?\d*|\.\d+)$/, /\s+$/, /^(?:a+)+$/, /(?=.*b)a*$/, /^a+$/];
    expect(slownessOf(slow)).toEqual([
      '2nd degree polynomial',
      '2nd degree polynomial',
      'exponential',
      'cannot be judged: unsupported',
      null,
    ]);
  });

  test('are not built at run time, except where a reason is given', () => {
    const made = found.flatMap(({ file, dynamic }) => dynamic.map((one) => `${file}: ${one}`));
    expect(made).toEqual(Object.keys(LINEAR));
  });
});

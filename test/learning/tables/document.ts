/** `docs/table-cases.md`: what tables as people have them are read as, and what is said about them. */
import { readFileSync } from 'node:fs';
import { BAD_FILES } from '../files/bad-files.ts';
import { COLUMNS, type ExpectedColumn } from './columns.ts';
import { EXPORTS, type Export } from './exports.ts';
import { FILES, type Right, TABLES } from './files.ts';

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;
const EXAMPLES = 3;

/** The descriptions of the files, from the README beside them. */
function descriptions(): ReadonlyMap<string, string> {
  const lines = readFileSync(new URL('README.md', TABLES), 'utf8').matchAll(/^\| `([^`]+)` \| (.*) \|$/gm);
  return new Map(Array.from(lines, ([, file, text]) => [file!, text!]));
}

function fileLine(about: string, { types, task, features, classes, warnings }: Right): string {
  const read = Object.entries(types).map(([name, type]) => `${code(name)} ${type}`);
  const target = classes ? `${task} of ${classes.map(code).join(', ')}` : task;
  // The target is the last column.
  const unused = Object.keys(types)
    .slice(0, -1)
    .filter((name) => !features.includes(name));
  const without = unused.length > 0 ? [`without ${unused.map(code).join(', ')}`] : [];
  const said = warnings.map((warning) => {
    const [name, column, value] = warning.split(' ');
    return column === 'null' ? code(name!) : `${code(name!)}: ${code(column!)}, first ${code(value!)}`;
  });
  return `| ${about} | ${[...read, target, ...without].join('; ')} | ${said.join('<br>') || 'nothing'} |`;
}

function columnLine(name: string, cells: readonly string[], expected: ExpectedColumn, column = 'x'): string {
  const { type, missing, left = false, said } = expected;
  const examples = [...new Set(cells)].slice(0, EXAMPLES).map((cell) => (cell === '' ? 'the empty cell' : code(cell)));
  const read = [type, ...(missing ? [`${missing} of ${cells.length} missing`] : []), ...(left ? ['left out'] : [])];
  const called = column === 'x' ? '' : `, in ${code(column)}`;
  return `| ${name}${called} | ${examples.join(' ')} | ${read.join(', ')} | ${said?.map(code).join(', ') || 'nothing'} |`;
}

function exportLine(about: string, { columns, said }: Export): string {
  const read = Object.entries(columns).map(([name, type]) => `${code(name.replaceAll('\n', ' '))} ${type}`);
  return `| ${about} | ${read.join('; ')} | ${said.map((one) => code(one.split(' ')[0]!)).join(', ') || 'nothing'} |`;
}

const badLine = ([what, , message]: (typeof BAD_FILES)[number]): string =>
  `| ${what} | ${message.replaceAll('|', '\\|').replaceAll('<', '\\<')} |`;

export function casesDocument(): string {
  const about = descriptions();
  return `${[
    '# Tables as people have them',
    '',
    'What files are read as and what is said about it, unless their owner [says otherwise](datasets.md#saying-it-yourself). The [warnings](datasets.md#warnings) are named by their codes. This page is written from the tests (`test/learning/tables/`), and a test compares the two.',
    '',
    '## Files',
    '',
    '| What is special about it | Read as | Said |',
    '| --- | --- | --- |',
    ...Object.entries(FILES).map(([file, right]) => fileLine(about.get(file) ?? file, right)),
    '',
    '## Exports',
    '',
    'Small files as programs and people write them.',
    '',
    '| A file with | Read as | Said |',
    '| --- | --- | --- |',
    ...Object.entries(EXPORTS).map(([about, file]) => exportLine(about, file)),
    '',
    '## Columns',
    '',
    'Each beside a column of numbers and a target.',
    '',
    '| A column of | Such as | Read as | Said |',
    '| --- | --- | --- | --- |',
    ...Object.entries(COLUMNS).map(([name, [cells, expected, column]]) => columnLine(name, cells, expected, column)),
    '',
    '## What is refused',
    '',
    'Each as a fault of the field `file`, with these words in it.',
    '',
    '| What it is | What is said |',
    '| --- | --- |',
    ...BAD_FILES.map(badLine),
  ].join('\n')}\n`;
}

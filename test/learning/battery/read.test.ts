import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { writeCells } from '#learning/battery/cells.ts';
import { generateCells } from '#learning/battery/generate.ts';
import { readCells } from '#learning/battery/read.ts';

const read = (text: string) => readCells(Readable.from([Buffer.from(text)]));
const cells = generateCells({ seed: 1, numbers: [91, 100], life: [20, 30] });
const written = writeCells(cells);
const [header, ...rows] = written.trimEnd().split('\n');

describe('a file of cells', () => {
  test('has what was written, to seven digits', async () => {
    const found = await read(written);
    expect(found.map(({ name, cycles }) => [name, cycles.length])).toEqual(
      cells.map(({ name, cycles }) => [name, cycles.length]),
    );
    const [got, wanted] = [found[1]!.cycles[3]!, cells[1]!.cycles[3]!];
    for (const [name, value] of Object.entries(wanted)) {
      expect(Math.abs(got[name as keyof typeof got] - value)).toBeLessThanOrEqual(1e-6 * Math.abs(value));
    }
  });

  test('may have its rows and columns in any order, and columns of its own', async () => {
    const turned = [header, ...rows.toReversed()].map((line, i) =>
      [i === 0 ? 'note' : 'x', ...line!.split(',').toReversed()].join(','),
    );
    const found = await read(turned.join('\n'));
    expect(found.map(({ name }) => name)).toEqual(['cell_100', 'cell_91']);
    expect(found[1]!.cycles.map(({ cycle }) => cycle)).toEqual(cells[0]!.cycles.map(({ cycle }) => cycle));
  });

  test.each([
    [written.replace('slope', 'Slope'), /must have the columns cell, slope, .*; slope are missing/],
    [
      [header, rows[0]!.replace(/^cell_91,[^,]+/, 'cell_91,steep')].join('\n'),
      /row 1, column "slope" must be a number; got "steep"/,
    ],
    [[header, rows[0], rows[1]!.replace('cell_91', '')].join('\n'), /row 2, column "cell" must name the cell; got ""/],
  ])('that is none is refused, with the place', async (text, message) => {
    await expect(read(text)).rejects.toMatchObject({
      details: [{ field: 'file', message: expect.stringMatching(message) }],
    });
  });
});

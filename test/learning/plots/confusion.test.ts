import { describe, expect, test } from '@jest/globals';
import { drawConfusion } from '#learning/plots/confusion.ts';

interface Label {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

function drawn(classes: readonly string[]) {
  const svg = drawConfusion(
    classes,
    classes.map((_, truth) => classes.map((_, predicted) => (truth === predicted ? 40 : 1))),
  )!;
  const [, width, height] = /<svg width="(\d+)" height="(\d+)"/.exec(svg)!.map(Number) as [number, number, number];
  const labels: Label[] = [];
  for (const [, attributes, text] of svg.matchAll(/<text ([^>]*)>([^<]*)</g)) {
    const [, numbers] = /transform="(?:translate|matrix)\(([^)]*)\)"/.exec(attributes!)!;
    const [x, y] = numbers!.split(/[ ,]/).map(Number).slice(-2) as [number, number];
    labels.push({ text: text!, x, y });
  }
  return { width, height, labels, of: (text: string) => labels.find((label) => label.text === text)! };
}

describe('the picture of a confusion matrix', () => {
  test.each([1, 2, 3, 10, 40])('has its title above everything else: %i classes', (count) => {
    const { labels, of } = drawn(Array.from({ length: count }, (_, i) => `c${i}`));
    const title = of('True by predicted classes');
    for (const { text, y } of labels)
      if (text !== title.text) expect({ text, below: y > title.y + 20 }).toEqual({ text, below: true });
  });

  test('has the names of its axes beside the classes, however long those are', () => {
    for (const classes of [
      ['no', 'yes'],
      ['W'.repeat(200), '長'.repeat(200)],
    ]) {
      const { width, height, labels, of } = drawn(classes);
      const names = labels.filter(({ text }) => !/^(?:\d+|true|predicted|True by predicted classes)$/.test(text));
      const left = Math.min(...names.map(({ x }) => x));
      expect(of('true').x).toBeGreaterThan(0);
      expect(of('true').x).toBeLessThan(left - (classes[0]!.length > 2 ? 100 : 16));
      expect(of('predicted').y).toBeLessThan(height - 10);
      expect(Math.max(...names.map(({ x }) => x))).toBeLessThan(width);
    }
  });

  test('tells long names apart that differ at their end, and cuts no character in two', () => {
    const { labels } = drawn(['the flowers of the north 1', 'the flowers of the north 2', `${'🌷'.repeat(30)}!`]);
    const texts = new Set(labels.map(({ text }) => text));
    expect([...texts]).toEqual(expect.arrayContaining(['the flow… north 1', 'the flow… north 2', '🌷🌷🌷🌷…🌷🌷🌷!']));
    for (const text of texts) expect(text.isWellFormed()).toBe(true);
  });

  test('is not drawn of more classes than can be read', () => {
    const classes = Array.from({ length: 41 }, (_, i) => String(i));
    expect(drawConfusion(classes, [])).toBeUndefined();
  });
});

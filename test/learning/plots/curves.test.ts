import { expect, jest, test } from '@jest/globals';
import { drawCurves } from '#learning/plots/curves.ts';

test.each([
  ['of both', { loss: [2, 1], val_loss: [3, 2] }, true],
  ['without rows kept back, of which there is no line', { loss: [2, 1] }, false],
])('curves %s are drawn without a complaint of the library', (_, history, isNamed) => {
  const said = (['log', 'warn', 'error'] as const).map((level) => jest.spyOn(console, level).mockReturnValue());
  const picture = drawCurves(history, 2);
  expect(said.flatMap(({ mock }) => mock.calls)).toEqual([]);
  expect(picture).toContain('training');
  expect(picture!.includes('validation')).toBe(isNamed);
});

import { expect, test } from '@jest/globals';
import { initialState } from '#engine/training/state.ts';
import { compileEvaluate, compileTrain } from '#engine/training/step.ts';
import { Evaluator, Training } from '#engine/training/training.ts';
import { digits, digitsSpec, shuffled } from './digits.ts';

const EPOCHS = 8;
const options = { threads: 1 } as const;

test('a small convolutional network reads 97 % of handwritten digits that it has not seen', async () => {
  const spec = digitsSpec(EPOCHS);
  await using training = await Training.open(compileTrain(spec), digits('training'), initialState(spec, 5), options);
  for (let epoch = 0; epoch < EPOCHS; epoch++) await training.run(shuffled(epoch));
  await using evaluator = await Evaluator.open(compileEvaluate(spec), options);
  const { correct, weight } = await evaluator.run(training.state, digits('test'));
  expect(correct / weight).toBeGreaterThanOrEqual(0.97);
});

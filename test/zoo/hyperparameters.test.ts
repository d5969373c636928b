import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { commonHyperparameters, optimizerNames, optimizerOf } from '#zoo/hyperparameters.ts';

const schema = z.strictObject(commonHyperparameters);

/** The messages with which the schema refuses the input. */
function refusals(input: Record<string, unknown>): string[] {
  const result = schema.safeParse(input);
  return result.success ? [] : result.error.issues.map(({ message }) => message);
}

describe('hyperparameters', () => {
  test('have defaults', () => {
    expect(schema.parse({})).toMatchObject({
      learning_rate: 0.001,
      batch_size: 32,
      epochs: 50,
      optimizer: 'adam',
      seed: 0,
    });
  });

  test.each([
    ['batch_size', 0, 'batch_size must be an integer between 1 and 65536; got 0'],
    ['batch_size', 65_537, 'batch_size must be an integer between 1 and 65536; got 65537'],
    ['batch_size', 1.5, 'batch_size must be an integer between 1 and 65536; got 1.5'],
    ['batch_size', '8', 'batch_size must be an integer between 1 and 65536; got "8"'],
    ['learning_rate', 0, 'learning_rate must be between 1e-12 and 1, or "auto"; got 0'],
    ['learning_rate', Number.NaN, 'learning_rate must be between 1e-12 and 1, or "auto"; got NaN'],
    ['learning_rate', 'fast', 'learning_rate must be between 1e-12 and 1, or "auto"; got "fast"'],
    ['lr_schedule', 'sine', 'lr_schedule must be one of constant, linear, cosine, step; got "sine"'],
    [
      'class_weight',
      { a: 0 },
      'class_weight must be "balanced", or an object of weights by class above 0 and at most 1000000; got {"a":0}',
    ],
    ['threshold', 0.5, 'threshold must be one of f1, balanced_accuracy; got 0.5'],
    ['epochs', 10_001, 'epochs must be an integer between 1 and 10000; got 10001'],
    ['seed', -1, 'seed must be an integer between 0 and 4294967295; got -1'],
    ['optimizer', 'lbfgs', 'optimizer must be one of adam, adamw, sgd, rmsprop; got "lbfgs"'],
  ])('refuse %s %p with the bounds and the value', (name, value, message) => {
    expect(refusals({ [name]: value })).toEqual([message]);
  });

  test('take the bounds themselves', () => {
    expect(refusals({ batch_size: 65_536, learning_rate: 1, epochs: 10_000, seed: 2 ** 32 - 1 })).toEqual([]);
    expect(refusals({ batch_size: 1, learning_rate: 1e-12, epochs: 1, seed: 0 })).toEqual([]);
  });

  test('refuse names that nobody knows', () => {
    expect(schema.safeParse({ lr: 1 }).error?.issues[0]).toMatchObject({ code: 'unrecognized_keys', keys: ['lr'] });
  });

  test('say their bounds in JSON Schema too', () => {
    expect(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })).toMatchObject({
      additionalProperties: false,
      properties: {
        batch_size: { type: 'integer', minimum: 1, maximum: 65_536, default: 32 },
        learning_rate: { anyOf: [{ minimum: 1e-12, maximum: 1 }, { const: 'auto' }], default: 0.001 },
        lr_schedule: { default: 'constant' },
      },
    });
  });

  test.each(optimizerNames)('name the optimizer %s and its learning rate', (name) => {
    const h = schema.parse({ optimizer: name, learning_rate: 0.25 });
    expect(optimizerOf(h)).toMatchObject({ name, learningRate: 0.25 });
  });
});

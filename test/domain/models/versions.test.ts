import { describe, expect, test } from '@jest/globals';
import { nextVersion } from '#domain/models/versions.ts';

const recipe = (model_type: string, hyperparameters: Record<string, unknown>) => ({ model_type, hyperparameters });

describe('the next version', () => {
  const before = recipe('mlp', { epochs: 10, hidden_layers: [8, 4] });
  test.each([
    ['retraining', recipe('mlp', { epochs: 10, hidden_layers: [8, 4] }), '1.2.4'],
    ['the same hyperparameters in another order', recipe('mlp', { hidden_layers: [8, 4], epochs: 10 }), '1.2.4'],
    ['other hyperparameters', recipe('mlp', { epochs: 11, hidden_layers: [8, 4] }), '1.3.0'],
    ['layers in another order', recipe('mlp', { epochs: 10, hidden_layers: [4, 8] }), '1.3.0'],
    ['another algorithm', recipe('cnn', { epochs: 10, hidden_layers: [8, 4] }), '2.0.0'],
  ])('after %s', (_, after, version) => {
    expect(nextVersion('1.2.3', before, after).version).toBe(version);
  });

  test('counts past nine', () => {
    expect(nextVersion('1.9.9', before, before).version).toBe('1.9.10');
  });
});

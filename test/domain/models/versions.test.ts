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

  const reason = (after: Record<string, unknown>) => nextVersion('1.2.3', before, recipe('mlp', after)).reason;

  test('says why', () => {
    expect(nextVersion('1.2.3', recipe('bilstm', {}), recipe('deephpm', { epochs: 3 })).reason).toBe(
      'major: algorithm bilstm → deephpm',
    );
    expect(reason({ epochs: 20, hidden_layers: [8, 4] })).toBe('minor: epochs 10 → 20');
    expect(reason({ hidden_layers: [8], dropout: 0.1 })).toBe(
      'minor: dropout none → 0.1, epochs 10 → none, hidden_layers [8,4] → [8]',
    );
    expect(reason(before.hyperparameters)).toBe('patch: retrained');
  });

  test('says it in a bounded text, however much was changed', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`p${i}`, 'x'.repeat(1000)]));
    const text = reason({ ...before.hyperparameters, ...many });
    expect(text).toMatch(/, and 990 more$/);
    expect(text.length).toBeLessThan(1500);
  });
});

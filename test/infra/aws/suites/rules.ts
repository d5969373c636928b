import { describe, expect, test } from '@jest/globals';
import type { Synthesized, Variant } from '../synthesized.ts';

export function rules(variants: Readonly<Record<Variant, Synthesized>>): void {
  describe('the AWS Solutions pack', () => {
    test.each(['dev', 'prod', 'full', 'small', 'withoutGpu'] as const)(
      'has no unacknowledged findings (%s)',
      (name) => {
        expect(variants[name].findings).toEqual([]);
      },
    );

    test('would find a bucket that is neither logged nor closed to plain HTTP', () => {
      const { findings } = variants.open;
      expect(findings).toContainEqual(expect.stringMatching(/-S1: /));
      expect(findings).toContainEqual(expect.stringMatching(/-S10: /));
    });
  });
}

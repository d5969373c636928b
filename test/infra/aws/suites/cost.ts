import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { idleCost, requestCost, serverCost, total, trainingCost } from '#infra/aws/cost/compute.ts';
import { costDocument } from '#infra/aws/cost/document.ts';
import type { Synthesized, Variant } from '../synthesized.ts';

export function cost({ prod, full, small }: Readonly<Record<Variant, Synthesized>>): void {
  describe('what it costs', () => {
    test('is in docs/cost.md, according to the templates', () => {
      expect(readFileSync('docs/cost.md', 'utf8')).toBe(costDocument(prod.resources));
    });

    test('is a few dollars a month while nobody uses it, and much less than servers', () => {
      const idle = total(idleCost(prod.resources));
      expect(idle).toBeGreaterThan(3);
      expect(idle).toBeLessThan(10);
      expect(idle).toBeLessThan(total(serverCost(false)) / 10);
    });

    test('is more with a firewall and less without the alarms of containers', () => {
      const firewall = total(idleCost(full.resources)) - total(idleCost(prod.resources));
      expect(firewall).toBeCloseTo(8, 6);
      expect(total(idleCost(small.resources))).toBeLessThan(total(idleCost(prod.resources)));
    });

    test('grows with the work and with nothing else', () => {
      expect(total(requestCost(0)) + total(trainingCost(0))).toBe(0);
      expect(total(requestCost(2_000_000))).toBeCloseTo(2 * total(requestCost(1_000_000)), 9);
    });

    test('a schedule whose cost cannot be computed is refused', () => {
      const daily = { Type: 'AWS::Scheduler::Schedule', Properties: { ScheduleExpression: 'cron(0 0 * * ? *)' } };
      expect(() => idleCost([daily])).toThrow('rate must be in minutes; got cron(0 0 * * ? *)');
    });
  });
}

import { describe, expect, test } from '@jest/globals';
import { cpuSeconds, residentMiB } from '../../../bench/api/process.ts';

const NOBODY = 2 ** 30;

describe('what a process takes', () => {
  test('is unknown of one that is not there', () => {
    expect([cpuSeconds(NOBODY), residentMiB(NOBODY)]).toEqual([null, null]);
  });

  const onLinux = process.platform === 'linux' ? test : test.skip;

  onLinux('is what it says itself', () => {
    const { user, system } = process.cpuUsage();
    expect(Math.abs(cpuSeconds(process.pid)! - (user + system) / 1e6)).toBeLessThan(0.1);
    expect(residentMiB(process.pid)! / (process.memoryUsage.rss() / 2 ** 20)).toBeCloseTo(1, 0);
  });
});

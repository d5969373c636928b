import { expect, test } from '@jest/globals';
import type { Job } from '#domain/training/record.ts';
import type { FoundDevice } from '#engine/device.ts';
import { chooseDevice } from '#training/device.ts';

/** The chosen device, and the log lines. */
async function chosen(compute: Job['compute'], found: FoundDevice) {
  const lines: [string, string, object | undefined][] = [];
  let probes = 0;
  const find = async () => {
    probes++;
    return found;
  };
  const device = await chooseDevice({ compute }, find, (...line) => void lines.push(line as (typeof lines)[number]));
  return { device, lines, probes };
}

const GPU = { device: 'cuda' } as const;
const NONE = { device: 'cpu', reason: 'no driver' } as const;

test('a GPU is used if there is one', async () => {
  for (const compute of ['auto', 'gpu', undefined] as const) {
    expect(await chosen(compute, GPU)).toMatchObject({
      device: { device: 'cuda' },
      lines: [['INFO', 'device', { device: 'cuda' }]],
    });
  }
});

test('without one the CPU is used, and one line says why', async () => {
  const { device, lines } = await chosen('auto', NONE);
  expect(device).toEqual({ device: 'cpu' });
  expect(lines).toEqual([['INFO', 'device', { device: 'cpu', reason: 'no driver' }]]);
});

test('if a GPU was requested and there is none, the job has the reason too', async () => {
  const reason = 'compute is gpu, but there is none here: no driver';
  const { device, lines } = await chosen('gpu', NONE);
  expect(device).toEqual({ device: 'cpu', deviceReason: reason });
  expect(lines).toEqual([['WARN', 'device', { device: 'cpu', reason }]]);
});

test('a job that requested the CPU gets it, even if there is a GPU', async () => {
  for (const compute of ['cpu', 'function'] as const) {
    expect(await chosen(compute, GPU)).toEqual({
      device: { device: 'cpu' },
      lines: [['INFO', 'device', { device: 'cpu', reason: `compute is ${compute}` }]],
      probes: 0,
    });
  }
});

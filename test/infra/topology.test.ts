import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { MAX_READINGS } from '#domain/datasets/readings.ts';
import { BUCKETS } from '#domain/ports/blobs/port.ts';
import { queueSettings } from '#infra/embedded/pumps/queues.ts';
import { buckets, functions, queues, rules, schedules, surfaces, trainer } from '#infra/topology.ts';

describe('the topology', () => {
  test('names entry points that exist', () => {
    for (const { entry } of [...Object.values(functions), trainer])
      expect([entry, existsSync(entry)]).toEqual([entry, true]);
  });

  test('names a surface’s functions by their files: SURFACE-WHAT is functions/SURFACE/WHAT.ts', () => {
    for (const [surface, { routes }] of Object.entries(surfaces)) {
      for (const { function: name } of routes) {
        expect(functions[name].entry).toBe(`functions/${surface}/${name.slice(surface.length + 1)}.ts`);
      }
    }
  });

  test('gives every function a caller', () => {
    const called = new Set<string>([
      ...Object.values(surfaces).flatMap((surface) => surface.routes.map((route) => route.function)),
      ...Object.values(queues).map((queue) => queue.consumer),
      ...rules.map((rule) => rule.target),
      ...schedules.map((schedule) => schedule.target),
      trainer.function,
    ]);
    expect([...called].sort()).toEqual(Object.keys(functions).sort());
  });

  test('hides a message for longer than its consumer may take', () => {
    for (const queue of Object.values(queues)) {
      expect(queue.visibilitySeconds).toBeGreaterThan(functions[queue.consumer].timeoutSeconds);
    }
  });

  test('reads several datasets at once, of which one account leaves one to the others', () => {
    expect(queues.datasets.concurrency).toBeGreaterThanOrEqual(2);
    expect(queueSettings.datasets.groupInFlight).toBe(queues.datasets.concurrency - 1);
    expect(queueSettings.training).not.toHaveProperty('groupInFlight');
  });

  test('delivers the message of a dataset once more than it may be begun to be read, to say that it was', () => {
    expect(queues.datasets.maxReceives).toBeGreaterThan(MAX_READINGS);
  });

  test('has each bucket of the domain', () => {
    expect([...buckets].sort()).toEqual([...BUCKETS].sort());
  });

  test('gives no two surfaces the same port', () => {
    const ports = Object.values(surfaces).map((surface) => surface.port);
    expect(new Set(ports).size).toBe(ports.length);
  });
});

import { expect, test } from '@jest/globals';
import { Cache } from '#learning/serving/cache.ts';

function world(maxBytes: number, maxCount = 100, measure = () => 0) {
  const log: string[] = [];
  const cache = new Cache<{ name: string; bytes: number; dispose(): Promise<void> }>({
    bytes: maxBytes,
    count: maxCount,
    measure,
  });
  const use = (name: string, during: () => Promise<void> = async () => {}, bytes = 10) =>
    cache.use(
      name,
      async () => {
        log.push(`load ${name}`);
        return { name, bytes, dispose: async () => void log.push(`drop ${name}`) };
      },
      during,
    );
  return { log, use, cache };
}

test('loads once, even for callers at the same time', async () => {
  const { log, use } = world(100);
  await Promise.all([use('a'), use('a')]);
  await use('a');
  expect(log).toEqual(['load a']);
});

test('drops the least recently used when there is no more room', async () => {
  const { log, use, cache } = world(25);
  await use('a');
  await use('b');
  await use('a');
  await use('c');
  expect(log).toEqual(['load a', 'load b', 'load c', 'drop b']);
  expect(cache.bytes).toBe(20);
});

test('keeps one that is too large by itself until another is used', async () => {
  const { log, use } = world(25);
  await use('large', undefined, 90);
  await use('large', undefined, 90);
  await use('a');
  expect(log).toEqual(['load large', 'load a', 'drop large']);
});

test('drops the least recently used when there are too many', async () => {
  const { log, use } = world(1000, 2);
  for (const name of ['a', 'b', 'a', 'c']) await use(name);
  expect(log).toEqual(['load a', 'load b', 'load c', 'drop b']);
});

test('drops nothing that is in use', async () => {
  const { log, use } = world(5);
  await use('a', async () => {
    await use('b');
    await use('c');
    expect(log).toEqual(['load a', 'load b', 'load c', 'drop b']);
  });
  expect(log.at(-1)).toBe('drop a');
});

test('tries again after a loading that failed', async () => {
  const cache = new Cache<{ bytes: number; dispose(): Promise<void> }>({ bytes: 10, count: 10 });
  const failing = cache.use(
    'a',
    () => Promise.reject(new Error('away')),
    async () => 1,
  );
  await expect(failing).rejects.toThrow('away');
  const loaded = { bytes: 1, dispose: async () => {} };
  expect(
    await cache.use(
      'a',
      async () => loaded,
      async () => 2,
    ),
  ).toBe(2);
});

test('counts what loading took of the memory, if that is more than the value says', async () => {
  let memory = 1000;
  const { log, use, cache } = world(100, 100, () => memory);
  await use('a');
  expect(cache.bytes).toBe(10);
  const grown = async () => {
    memory += 70;
    return { name: 'b', bytes: 10, dispose: async () => {} };
  };
  await cache.use('b', grown, async () => {});
  expect(cache.bytes).toBe(80);
  await use('c', undefined, 30);
  expect(cache.bytes).toBe(100);
  expect(log).toEqual(['load a', 'load c', 'drop a']);
});

test('does not count for one what others took that were loaded at the same time', async () => {
  let memory = 0;
  const { cache } = world(1000, 100, () => memory);
  const load = (name: string) => async () => {
    await null;
    memory += 100;
    return { name, bytes: 10, dispose: async () => {} };
  };
  await Promise.all(['a', 'b'].map((name) => cache.use(name, load(name), async () => {})));
  expect(cache.bytes).toBe(20);
});

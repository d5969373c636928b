import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readArguments, UsageError } from '#infra/embedded/arguments.ts';

describe('the command line of npm start', () => {
  test('defaults to this machine only and to a folder below the current one', () => {
    expect(readArguments([])).toEqual({
      dataDir: resolve('.trainyard/data'),
      host: '127.0.0.1',
      portOffset: 0,
      apiKeys: [],
      limits: { bodySeconds: 30, connectionsPerAddress: 256 },
      webhooksToLoopback: false,
    });
  });

  test('takes each option', () => {
    expect(readArguments(['--data', '/d', '--host', '0.0.0.0', '--port-offset', '100'])).toMatchObject({
      dataDir: '/d',
      host: '0.0.0.0',
      portOffset: 100,
      apiKeys: [],
    });
    expect(readArguments(['--operator', 'ada'], { API_KEYS: 'key1, key2,' })).toMatchObject({
      operator: 'ada',
      apiKeys: ['key1', 'key2'],
    });
    const limits = ['--body-timeout', '60', '--connections-per-address', '1000'];
    expect(readArguments(limits)?.limits).toEqual({ bodySeconds: 60, connectionsPerAddress: 1000 });
    expect(readArguments(['--port-offset', 'free'])?.portOffset).toBe('free');
    expect(readArguments(['--help'])).toBeUndefined();
  });

  test('takes no key that can be guessed where others can call', () => {
    const keys = { API_KEYS: `${'k'.repeat(16)},short` };
    expect(() => readArguments(['--host', '0.0.0.0'], keys)).toThrow(
      'API_KEYS must be of 16 characters or more where others can call; got 5 in number 2',
    );
  });

  test.each([
    [['--port-offset', '-1'], /port-offset/],
    [['--port-offset', '50001'], /between 0 and 50000, or free; got 50001/],
    [['--port-offset', '1e3'], /got 1e3/],
    [['--port-offset', 'x'], /got x/],
    [['--data', ''], /--data must not be empty/],
    [['--host', ''], /--host must not be empty/],
    [['--body-timeout', '0'], /--body-timeout must be a whole number between 1 and 3600; got 0/],
    [['--connections-per-address', 'x'], /between 1 and 1000000; got x/],
    [['--nonsense'], /--nonsense/],
    [['stray'], /stray/],
  ])('refuses %j in one line', (args, message) => {
    expect(() => readArguments(args)).toThrow(UsageError);
    expect(() => readArguments(args)).toThrow(message);
  });
});

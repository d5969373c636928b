import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readArguments, UsageError } from '#infra/embedded/arguments.ts';

describe('the command line of npm start', () => {
  test('defaults to this machine only and to a folder below the current one', () => {
    expect(readArguments([])).toEqual({
      dataDir: resolve('.trainyard/data'),
      host: '127.0.0.1',
      portOffset: 0,
      webhooksToLoopback: false,
    });
  });

  test('takes each option', () => {
    expect(
      readArguments(['--data', '/d', '--host', '0.0.0.0', '--port-offset', '100', '--webhooks-to-loopback']),
    ).toEqual({
      dataDir: '/d',
      host: '0.0.0.0',
      portOffset: 100,
      webhooksToLoopback: true,
    });
    expect(readArguments(['--port-offset', 'free'])?.portOffset).toBe('free');
    expect(readArguments(['--help'])).toBeUndefined();
  });

  test.each([
    [['--port-offset', '-1'], /port-offset/],
    [['--port-offset', '50001'], /between 0 and 50000, or free; got 50001/],
    [['--port-offset', '1e3'], /got 1e3/],
    [['--port-offset', 'x'], /got x/],
    [['--data', ''], /--data must not be empty/],
    [['--host', ''], /--host must not be empty/],
    [['--nonsense'], /--nonsense/],
    [['stray'], /stray/],
  ])('refuses %j in one line', (args, message) => {
    expect(() => readArguments(args)).toThrow(UsageError);
    expect(() => readArguments(args)).toThrow(message);
  });
});

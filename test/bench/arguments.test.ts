import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { UsageError } from '#infra/command-line.ts';
import { readArguments } from '../../bench/arguments.ts';

const HOST = join('infra', 'embedded', 'host.ts');

describe('the command line of the benches', () => {
  test('names benches, and says nothing else unless it is there', () => {
    expect(readArguments(['api/mixed', 'engine'])).toEqual({ names: ['api/mixed', 'engine'], options: {} });
  });

  test('says how long to measure, what to compare with and where profiles go', () => {
    expect(readArguments(['api/mixed', '--seconds', '2.5', '--vs', '.', '--cpu-prof', 'profiles'])).toEqual({
      names: ['api/mixed'],
      options: { seconds: 2.5, versus: resolve('.'), cpuProfile: resolve('profiles') },
    });
  });

  test.each([
    [['--seconds', '0'], '--seconds must be a number above 0; got 0'],
    [['--seconds', 'long'], '--seconds must be a number above 0; got long'],
    [['--vs', 'docs'], `--vs must be the folder of another checkout; there is no ${join('docs', HOST)}`],
    [['--second', '1'], "Unknown option '--second'"],
  ])('%j is refused in one line', (args, message) => {
    const reading = () => readArguments(args);
    expect(reading).toThrow(UsageError);
    expect(reading).toThrow(message);
  });
});

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** The command line is wrong; the message is one line for the user. */
export class UsageError extends Error {}

interface Config<T> {
  readonly args: string[];
  readonly allowPositionals: true;
  readonly options: T;
}

/** Words and options of a command line. Throws `UsageError`. */
export function parseCommandLine<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs<Config<T>>({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0]!);
  }
}

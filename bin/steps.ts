import { spawnSync } from 'node:child_process';

/** Runs a program with its output passed through; returns its exit code. */
export function step(program: string, args: readonly string[]): number {
  const done = spawnSync(program, args, { stdio: 'inherit' });
  if (done.error) throw done.error;
  return done.status ?? 1;
}

/** Node.js arguments that run jest on ES modules, with the tests of a configuration. */
export const jest = (config: string, ...args: readonly string[]): string[] => [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  '--config',
  config,
  ...args,
];

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Python or its packages are not available; the message is one line for the user. */
export class VirtualEnvironmentError extends Error {}

/**
 * Creates a Python virtual environment in `folder` with the pinned packages of a requirements file, and recreates it
 * when that file changes. The output of pip goes to standard error. Returns the folder of the environment's programs.
 * @throws VirtualEnvironmentError
 */
export function virtualEnvironment(folder: string, requirements: string): string {
  const programs = join(folder, 'bin');
  const stamp = join(folder, 'requirements.sha256');
  const text = readFileSync(requirements, 'utf8');
  const wanted = createHash('sha256').update(text).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return programs;
  const what = text.trim().replaceAll('\n', ', ');
  const python = ['python3', 'python'].find((name) => spawnSync(name, ['-m', 'venv', '--help']).status === 0);
  if (python === undefined)
    throw new VirtualEnvironmentError(`${what} needs Python 3.10 or later with its module venv`);
  process.stderr.write(`Installing ${what} (once, and again when ${requirements} changes) …\n`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const run = (program: string, ...args: readonly string[]): boolean =>
    spawnSync(program, args, { stdio: ['ignore', 2, 2] }).status === 0;
  if (!run(python, '-m', 'venv', folder)) throw new VirtualEnvironmentError(`${python} could not make ${folder}`);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
  if (!run(join(programs, 'python'), ...pip)) throw new VirtualEnvironmentError(`pip could not install ${what}`);
  writeFileSync(stamp, wanted);
  return programs;
}

/** The same for a command that cannot run without it: on failure prints the message and exits with 1. */
export function virtualEnvironmentOrExit(folder: string, requirements: string): string {
  try {
    return virtualEnvironment(folder, requirements);
  } catch (error) {
    if (!(error instanceof VirtualEnvironmentError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

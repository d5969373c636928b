import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
const SCRIPT = fileURLToPath(new URL('torch_training.py', import.meta.url));
const ENVIRONMENT = join('.trainyard', 'bench-venv');

/** PyTorch in a process of its own. */
export interface Torch extends AsyncDisposable {
  /** The seconds that PyTorch took for what one line of `torch_training.py` asks. */
  seconds(request: string): Promise<number>;
}

/**
 * Starts PyTorch, after installing it under `.trainyard/bench-venv` if it is missing or its requirements have changed.
 * Undefined, with a line on standard error, where there is no Python or no way to install.
 */
export function startTorch(threads: number, compiled: boolean): Torch | undefined {
  let python: string;
  try {
    python = install();
  } catch (error) {
    process.stderr.write(
      `measured without PyTorch: ${error instanceof Error ? error.message.split('\n')[0] : error}\n`,
    );
    return undefined;
  }
  const child = spawn(python, [SCRIPT, String(threads), ...(compiled ? ['--compile'] : [])], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    seconds: async (request) => {
      child.stdin.write(`${request}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`PyTorch ended without an answer to '${request}'`);
      return Number(value);
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await exited;
    },
  };
}

/** The environment's Python. */
function install(): string {
  const python = join(ENVIRONMENT, 'bin', 'python');
  const installed = join(ENVIRONMENT, 'requirements.txt');
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return python;
  process.stderr.write(`installing ${wanted.trim().replaceAll('\n', ', ')} under ${ENVIRONMENT}\n`);
  mkdirSync(ENVIRONMENT, { recursive: true });
  execFileSync('python3', ['-m', 'venv', ENVIRONMENT], { stdio: 'ignore' });
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', '-r', REQUIREMENTS], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  writeFileSync(installed, wanted);
  return python;
}

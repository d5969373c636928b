import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { VirtualEnvironmentError, virtualEnvironment } from '../../bin/virtual-environment.ts';

interface Program {
  readonly environment: string;
  readonly requirements: string;
  readonly script: string;
}

const TORCH: Program = { environment: 'bench-venv', requirements: 'requirements.txt', script: 'torch_training.py' };
const SERIES: Program = { ...TORCH, script: 'series_training.py' };
const TRANSFORMERS: Program = {
  environment: 'bench-transformers',
  requirements: 'transformers-requirements.txt',
  script: 'transformers_training.py',
};

const TOKENS: Program = {
  environment: 'bench-tokens',
  requirements: 'tokens-requirements.txt',
  script: 'text_inference.py',
};

/** PyTorch could not do what was asked. */
export class PeerError extends Error {
  override readonly name = 'PeerError';
}

/** PyTorch in a process of its own. */
export interface Torch extends AsyncDisposable {
  /**
   * The seconds that PyTorch took for what one line of `torch_training.py` asks.
   * @throws PeerError if it cannot do that, or not within the limit in seconds; it is ended then
   */
  seconds(request: string, limit?: number): Promise<number>;
}

/**
 * Starts PyTorch, after installing it under `.trainyard/bench-venv` if it is missing or its requirements have changed.
 * Undefined, with a line on standard error, where there is no Python or no way to install.
 */
export const startTorch = (threads: number, compiled: boolean): Torch | undefined =>
  start(TORCH, [String(threads), ...(compiled ? ['--compile'] : [])]);

/** PyTorch that trains on a file of a series. */
export const startSeriesTorch = (threads: number): Torch | undefined => start(SERIES, [String(threads)]);

/** The same with transformers, whose models it trains. */
export const startTransformers = (threads: number): Torch | undefined => start(TRANSFORMERS, [String(threads)]);

/** Python's tokenizers and ONNX Runtime, on the files of a folder. */
export const startTextInference = (threads: number, folder: string): Torch | undefined =>
  start(TOKENS, [String(threads), folder]);

function start({ environment, requirements, script }: Program, args: readonly string[]): Torch | undefined {
  const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  let programs: string;
  try {
    programs = virtualEnvironment(join('.trainyard', environment), beside(requirements));
  } catch (error) {
    if (!(error instanceof VirtualEnvironmentError)) throw error;
    process.stderr.write(`measured without PyTorch: ${error.message}\n`);
    return undefined;
  }
  const child = spawn(join(programs, 'python'), [beside(script), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PYTHONWARNINGS: 'ignore' },
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    seconds: async (request, limit) => {
      child.stdin.write(`${request}\n`);
      const late = limit === undefined ? undefined : setTimeout(() => child.kill(), 1000 * limit);
      const { value, done } = await lines.next();
      clearTimeout(late);
      if (done) throw new PeerError(`PyTorch ended without an answer to '${request}'`);
      const seconds = Number(value);
      if (Number.isNaN(seconds)) throw new PeerError(`PyTorch on '${request}': ${value}`);
      return seconds;
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await exited;
    },
  };
}

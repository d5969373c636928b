/**
 * `npm run vault -- save|load FILE BASE_URL --manager ID`: saves a file of up to 5 GB as a model of the vault, or loads one.
 * Exits with 0, with 2 if the command line is wrong, or with 1 and one line that says what went wrong.
 */
import { Terminal } from '../embedded/demo/terminal.ts';
import { runProgram } from '../run-program.ts';
import { type Arguments, readArguments, USAGE } from './arguments.ts';
import { askHidden } from './ask-hidden.ts';
import { vaultClient } from './client.ts';
import { loadFile } from './load-file.ts';
import { GivenUpError, saveFile } from './save-file.ts';

async function main({ action, file, base, apiKey, password: given, ...wanted }: Arguments): Promise<void> {
  const terminal = new Terminal(process.stdout);
  const password = given ?? (await asked(wanted.model));
  const onProgress = (done: number, size: number): void => terminal.transferred(done, size);
  const model = { ...wanted, ...(password ? { password } : {}) };
  const client = vaultClient(base, apiKey);
  const hash =
    action === 'save'
      ? await saveUntilInterrupted((signal) => saveFile(client, file, model, { onProgress, signal }))
      : await loadFile(client, file, model, { onProgress });
  terminal.step(action === 'save' ? 'Saved' : 'Loaded', `${wanted.model}, SHA-256 ${hash}`);
}

/** As a shell has it of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/** Ctrl-C gives up; the second one does not wait for that. */
async function saveUntilInterrupted(save: (signal: AbortSignal) => Promise<string>): Promise<string> {
  const given = new AbortController();
  const giveUp = () => given.abort();
  process.once('SIGINT', giveUp);
  try {
    return await save(given.signal);
  } catch (error) {
    if (!(error instanceof GivenUpError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(INTERRUPTED);
  } finally {
    process.removeListener('SIGINT', giveUp);
  }
}

/** Where there is nobody to ask, a model has no password. */
const asked = async (model: string): Promise<string | undefined> =>
  process.stdin.isTTY ? askHidden(`Password of ${model} (none: Return): `, process.stdin, process.stderr) : undefined;

await runProgram({ read: () => readArguments(process.argv.slice(2), process.env), usage: USAGE, main });

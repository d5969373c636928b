import { lineOf } from './smoke/platform-url.ts';

export interface Program<A> {
  /** Its arguments; `undefined` where help was asked for. Throws for a wrong command line. */
  readonly read: () => A | undefined;
  readonly usage: string;
  readonly main: (args: A) => Promise<void>;
}

/** Runs a program. It exits with 2 if its command line is wrong, and with 1 if it fails, each with one line that says why. */
export async function runProgram<A>({ read, usage, main }: Program<A>): Promise<void> {
  const fail =
    (code: number) =>
    (error: unknown): never => {
      process.stderr.write(`${lineOf(error)}\n`);
      process.exit(code);
    };
  const args = await (async () => read())().catch(fail(2));
  if (args) await main(args).catch(fail(1));
  else process.stdout.write(`${usage}\n`);
}

/** What the host says over the standard input, which it keeps open while it runs. */
import { fstatSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface Parent {
  /** The next line. Never resolves if the input ends before. */
  line(): Promise<string>;
}

/**
 * @param orphaned called when the input ends, because the host has ended. An input that is not a pipe tells nothing about a
 * parent.
 */
export function listenToParent(orphaned: () => void, input: NodeJS.ReadStream = process.stdin): Parent {
  const lines: string[] = [];
  let waiting: ((line: string) => void) | undefined;
  const take = (line: string): void => {
    if (waiting) waiting(line);
    else lines.push(line);
    waiting = undefined;
  };
  const stat = fstatSync(0);
  if (stat.isFIFO() || stat.isSocket()) {
    createInterface({ input }).on('line', take);
    input.on('end', orphaned);
    input.on('error', orphaned);
    input.resume();
  }
  const line = () =>
    new Promise<string>((resolve) => {
      const next = lines.shift();
      if (next === undefined) waiting = resolve;
      else resolve(next);
    });
  return { line };
}

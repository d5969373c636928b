/** What the host says over the standard input, which it keeps open while it runs. */
import { fstatSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface Parent {
  /** The first line. Never resolves if the input ends before. */
  line(): Promise<string>;
}

/**
 * @param orphaned called when the input ends, because the host has ended. An input that is not a pipe tells nothing about a
 * parent.
 */
export function listenToParent(orphaned: () => void, input: NodeJS.ReadStream = process.stdin): Parent {
  const { promise: line, resolve } = Promise.withResolvers<string>();
  const stat = fstatSync(0);
  if (stat.isFIFO() || stat.isSocket()) {
    createInterface({ input }).once('line', resolve);
    input.on('end', orphaned);
    input.on('error', orphaned);
    input.resume();
  }
  return { line: () => line };
}

import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { Terminal } from '#infra/embedded/demo/terminal.ts';

function printed(use: (terminal: Terminal) => void): string {
  const chunks: string[] = [];
  use(new Terminal(new Writable({ write: (chunk, _, done) => done(void chunks.push(String(chunk))) })));
  return chunks.join('');
}

test.each([
  [0, 0, '100 %  0.00 of 0.00 MiB'],
  [25_826, 25_826, '100 %  0.02 of 0.02 MiB'],
  [78_643_200, 157_286_400, '50 %  75 of 150 MiB'],
])('of %d of %d bytes the progress is %s', (done, size, line) => {
  expect(printed((terminal) => terminal.transferred(done, size)).trim()).toBe(line);
});

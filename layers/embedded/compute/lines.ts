import type { Readable } from 'node:stream';

/** A longer line is passed on in pieces, so that a child that prints no line breaks does not fill the memory. */
const MAX_CHARACTERS = 65_536;

/** Calls back with each line of a stream, without its line break; the last line needs none. */
export function eachLine(stream: Readable, callback: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) callback(line);
    while (rest.length >= MAX_CHARACTERS) {
      callback(rest.slice(0, MAX_CHARACTERS));
      rest = rest.slice(MAX_CHARACTERS);
    }
  });
  stream.on('end', () => {
    if (rest !== '') callback(rest);
  });
  stream.on('error', () => undefined);
}

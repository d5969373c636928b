/** The programs that a document prints. */
import { readFileSync } from 'node:fs';

const FENCED = /^```(\w+)\n(.*?)^```$/gms;

/** The fenced blocks of a language, in the order in which they are in a Markdown file. */
export const printedIn = (file: string, language: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(FENCED)].flatMap(([, of, source]) => (of === language ? [source!] : []));

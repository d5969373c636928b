/**
 * Judges whether matching takes longer than in proportion to the text. Reads patterns as JSON from standard input, and
 * writes for each one how its time grows, or why that cannot be judged, or null. It is a program of its own because it is
 * several times as slow in a test's realm.
 */
import { json } from 'node:stream/consumers';
import { checkSync } from 'recheck';
import type { Pattern } from './patterns.ts';

// The same program on every machine: neither its native build nor Java.
process.env.RECHECK_SYNC_BACKEND = 'pure';

/** The automaton checker's answer is a proof. It does not support lookarounds and backreferences. */
function slownessOf({ source, flags }: Pattern): string | null {
  const found = checkSync(source, flags, { checker: 'automaton', timeout: null });
  if (found.status === 'safe') return null;
  return found.status === 'unknown' ? `cannot be judged: ${found.error.kind}` : found.complexity.summary;
}

const patterns = (await json(process.stdin)) as readonly Pattern[];
console.log(JSON.stringify(patterns.map(slownessOf)));

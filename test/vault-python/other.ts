import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

const PYTHON = resolve('.trainyard/vault/venv/bin/python');

export type Call = readonly [name: string, given: Readonly<Record<string, unknown>>];

/** Makes calls of `other.py` in one process; returns their results. */
export function other(...calls: readonly Call[]): unknown[] {
  const options = { input: JSON.stringify(calls), maxBuffer: 256 * 1024 * 1024 };
  return JSON.parse(execFileSync(PYTHON, ['test/vault-python/other.py'], options).toString('utf8')) as unknown[];
}

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
export const fromBase64 = (text: unknown): Buffer => Buffer.from(String(text), 'base64');

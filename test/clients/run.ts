/** Runs a client's program against a host, in a folder with the file that it uploads. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { type SurfaceName, surfaces } from '#infra/topology.ts';
import type { World } from '#test/e2e/world.ts';

/** The languages of programs: the file's name, and the program that runs it. */
const LANGUAGES = {
  python: { file: 'program.py', command: resolve('.trainyard/clients/venv/bin/python') },
  javascript: { file: 'program.mjs', command: process.execPath },
  typescript: { file: 'program.ts', command: process.execPath },
  sh: { file: 'program.sh', command: 'bash' },
} as const;

export type Language = keyof typeof LANGUAGES;

export interface Ran {
  /** Where it ran. */
  readonly folder: string;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where the documents say that the surfaces of a host are. */
const PRINTED = /http:\/\/(?:localhost|127\.0\.0\.1):(\d+)/g;
const BY_PORT = new Map(Object.entries(surfaces).map(([name, { port }]) => [String(port), name as SurfaceName]));

export const at = (bases: World['bases'], source: string): string =>
  source.replaceAll(PRINTED, (printed, port: string) => {
    const name = BY_PORT.get(port);
    return name === undefined ? printed : bases[name];
  });

/** `prepare` puts further files into its folder. */
export async function run(
  world: World,
  language: Language,
  source: string,
  prepare?: (folder: string) => void,
): Promise<Ran> {
  const folder = mkdtempSync(join(world.folder, `${language}-`));
  copyFileSync('infra/embedded/demo/penguins.csv', join(folder, 'penguins.csv'));
  prepare?.(folder);
  const { file, command } = LANGUAGES[language];
  writeFileSync(join(folder, file), at(world.bases, source));
  const child = spawn(command, [file], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { folder, code: code as number, stdout, stderr };
}

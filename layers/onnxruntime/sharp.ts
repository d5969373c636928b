/**
 * Cuts sharp's npm package down to one platform. Its native files are in packages of their own, of which npm installs
 * those of this machine alone; those of another one are fetched by npm, at the version that is installed here.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Platform } from './cut.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** What sharp itself is written in. */
const SCRIPTS = ['sharp', 'detect-libc', 'semver', '@img/colour'];

/** The folder of installed packages that sharp is in. */
function modulesOfSharp(): string {
  const main = require.resolve('sharp');
  return join(main.slice(0, main.lastIndexOf(join('node_modules', 'sharp'))), 'node_modules');
}

/** Copies sharp below `modules`, a folder `node_modules`. Throws an error where npm does. */
export async function cutSharp(modules: string, { os, arch }: Platform): Promise<void> {
  const installed = modulesOfSharp();
  for (const name of SCRIPTS) {
    // Only sharp's own copy is of the version that it needs.
    const nested = join(installed, 'sharp', 'node_modules', name);
    await copy(name === 'sharp' ? join(installed, name) : nested, join(modules, name)).catch(() =>
      copy(join(installed, name), join(modules, name)),
    );
  }
  const natives = [`@img/sharp-${os}-${arch}`, `@img/sharp-libvips-${os}-${arch}`];
  const isHere = await readFile(join(installed, natives[0]!, 'package.json')).then(
    () => true,
    () => false,
  );
  const from = isHere ? installed : await fetched({ os, arch }, installed);
  for (const name of natives) await copy(join(from, name), join(modules, name));
  if (!isHere) await rm(dirname(from), { recursive: true });
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const isNeeded = (path: string) =>
    !/\.(?:map|md|d\.[cm]?ts)$|\/(?:src|install)$/.test(path) && path !== join(from, 'node_modules');
  await cp(from, to, { recursive: true, filter: isNeeded });
}

async function fetched({ os, arch }: Platform, installed: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(installed, 'sharp', 'package.json'), 'utf8'));
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-sharp-'));
  const libc = os === 'linux' ? ['--libc=glibc'] : [];
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', `--os=${os}`, `--cpu=${arch}`, ...libc];
  await run('npm', ['install', '--prefix', folder, ...options, `sharp@${version}`], { cwd: folder });
  return join(folder, 'node_modules');
}

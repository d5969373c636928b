/**
 * Cuts ONNX Runtime's npm package down to one platform, in the layout of a Lambda layer. Needs no Docker: the package
 * brings the native files of every platform.
 */
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Lambda's limit of a function and its layers together, unzipped, in bytes. */
export const LAMBDA_UNZIPPED_BYTES = 250 * 1024 * 1024;

/** A native file without which nothing runs. */
const BINDING = 'onnxruntime_binding.node';

export interface Platform {
  readonly os: 'linux' | 'darwin' | 'win32';
  readonly arch: 'arm64' | 'x64';
}

const require = createRequire(import.meta.url);

/** Of an installed package; not every one lets its manifest be resolved. */
function folderOf(name: string): string {
  const main = require.resolve(name);
  const folder = join('node_modules', name);
  return main.slice(0, main.lastIndexOf(folder) + folder.length);
}

/**
 * Writes `nodejs/node_modules/…` below `into`, which is emptied first; resolves with the bytes written.
 * @throws Error if the package has no files for the platform
 */
export async function cutRuntime(into: string, { os, arch }: Platform): Promise<number> {
  const runtime = folderOf('onnxruntime-node');
  const native = await nativeFolder(runtime, { os, arch });
  const modules = join(into, 'nodejs', 'node_modules');
  await rm(into, { recursive: true, force: true });
  await copyScripts(runtime, join(modules, 'onnxruntime-node'), 'dist');
  await cp(join(runtime, native), join(modules, 'onnxruntime-node', native), { recursive: true });
  await copyScripts(folderOf('onnxruntime-common'), join(modules, 'onnxruntime-common'), 'dist/cjs');
  return sizeOf(into);
}

/** Such as `bin/napi-v6/linux/arm64`: the number is the version of Node-API and changes with the package's. */
async function nativeFolder(runtime: string, { os, arch }: Platform): Promise<string> {
  for (const version of await readdir(join(runtime, 'bin'))) {
    const folder = join('bin', version, os, arch);
    const files = await readdir(join(runtime, folder)).catch((): string[] => []);
    if (files.includes(BINDING)) return folder;
  }
  throw new Error(`onnxruntime-node has no files for ${os}/${arch}`);
}

/** A package's manifest, as short as running it needs, and its JavaScript. */
async function copyScripts(from: string, to: string, folder: string): Promise<void> {
  const { name, version, license, main } = JSON.parse(await readFile(join(from, 'package.json'), 'utf8'));
  await mkdir(to, { recursive: true });
  await writeFile(join(to, 'package.json'), `${JSON.stringify({ name, version, license, main }, undefined, 2)}\n`);
  await cp(join(from, folder), join(to, folder), { recursive: true, filter: (path) => !/\.(map|d\.ts)$/.test(path) });
}

/** Of all files below a folder, in bytes. */
export async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Bundles each function for Lambda: one ES module, and the files of packages that it reads at run time. */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FunctionName, functions, type Surface, surfaces } from '#infra/topology.ts';
import { bundle } from '../../../layers/onnxruntime/bundle.ts';
import { entrySource } from './entry.ts';
import { librariesByRequire } from './libraries.ts';

/** Files of packages that are read instead of imported; see `functions/http/documentation/viewers.ts`. */
const VIEWERS: Readonly<Record<string, readonly string[]>> = {
  'swagger-ui-dist': ['package.json', 'swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'],
  redoc: ['package.json', 'bundles/redoc.standalone.js'],
};

/** The list of common passwords, in whichever bundle asks for it; see `functions/http/authentication/common-passwords.ts`. */
const PASSWORDS: readonly string[] = ['@zxcvbn-ts/language-common', '@zxcvbn-ts/dictionary-compression'];

/** Whether a function serves what no other function of its surface does, its documentation among it. */
const servesViewers = (name: FunctionName): boolean =>
  Object.values<Surface>(surfaces).some(({ routes }) =>
    routes.some((route) => route.path === '/{proxy+}' && route.function === name),
  );

/** Writes `index.mjs` and its files into `into`, which is emptied first. Throws if esbuild does. */
export async function bundleFunction(root: string, name: FunctionName, into: string): Promise<void> {
  await rm(into, { recursive: true, force: true });
  await mkdir(into, { recursive: true });
  await bundle({
    root,
    source: entrySource(name),
    name,
    outfile: join(into, 'index.mjs'),
    elsewhere: librariesByRequire(root),
  });
  for (const [packageName, files] of Object.entries(servesViewers(name) ? VIEWERS : {})) {
    const folder = join('node_modules', packageName);
    for (const file of files) await cp(join(root, folder, file), join(into, folder, file));
  }
  const program = await readFile(join(into, 'index.mjs'), 'utf8');
  for (const packageName of program.includes(PASSWORDS[0]!) ? PASSWORDS : []) {
    const folder = join('node_modules', packageName);
    const isNeeded = (file: string) => !/\.(?:mjs|map|ts)$|[\\/]src(?:$|[\\/])|zxcvbn-ts\.js$/.test(file);
    await cp(join(root, folder), join(into, folder), { recursive: true, filter: isNeeded });
  }
  await writeFile(join(into, 'package.json'), '{ "type": "module" }\n');
}

/** Bundles all functions, each into a folder of its name below `into`. */
export async function bundleFunctions(root: string, into: string): Promise<void> {
  const names = Object.keys(functions) as FunctionName[];
  await Promise.all(names.map((name) => bundleFunction(root, name, join(into, name))));
}

/** Bundles each function for Lambda: one ES module, and the files of packages that it reads at run time. */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FunctionName, functions } from '#infra/topology.ts';
import { bundle } from '../../../layers/onnxruntime/bundle.ts';
import { entrySource } from './entry.ts';

/** Files of packages that are read instead of imported; see `functions/http/documentation/viewers.ts`. */
const READ: Readonly<Partial<Record<FunctionName, Readonly<Record<string, readonly string[]>>>>> = {
  'platform-api': {
    'swagger-ui-dist': ['package.json', 'swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'],
    redoc: ['package.json', 'bundles/redoc.standalone.js'],
  },
};

/** Writes `index.mjs` and its files into `into`, which is emptied first. Throws if esbuild does. */
export async function bundleFunction(root: string, name: FunctionName, into: string): Promise<void> {
  await rm(into, { recursive: true, force: true });
  await mkdir(into, { recursive: true });
  await bundle({ root, source: entrySource(name), name, outfile: join(into, 'index.mjs') });
  for (const [packageName, files] of Object.entries(READ[name] ?? {})) {
    const folder = join('node_modules', packageName);
    for (const file of files) await cp(join(root, folder, file), join(into, folder, file));
  }
  await writeFile(join(into, 'package.json'), '{ "type": "module" }\n');
}

/** Bundles all functions, each into a folder of its name below `into`. */
export async function bundleFunctions(root: string, into: string): Promise<void> {
  const names = Object.keys(functions) as FunctionName[];
  await Promise.all(names.map((name) => bundleFunction(root, name, join(into, name))));
}

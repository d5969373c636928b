/** Makes a Lambda bundle of each function: one ES module, and beside it what it reads from packages when it runs. */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { type FunctionName, functions } from '#infra/topology.ts';
import { entrySource } from './entry.ts';

/** Files of packages that are read and not imported; `functions/platform/documentation/viewers.ts` names them. */
const READ: Readonly<Partial<Record<FunctionName, Readonly<Record<string, readonly string[]>>>>> = {
  'platform-api': {
    'swagger-ui-dist': ['package.json', 'swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'],
    redoc: ['package.json', 'bundles/redoc.standalone.js'],
  },
};

/** CommonJS packages within the bundle ask for Node's own modules by `require`, which an ES module lacks. */
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

/**
 * The runtime comes from the layer, below `/opt/nodejs/node_modules`. Lambda names that folder in NODE_PATH, which only
 * `require` looks at.
 */
const runtimeByRequire: Plugin = {
  name: 'runtime-by-require',
  setup(build) {
    build.onResolve({ filter: /^onnxruntime-node$/ }, ({ path, namespace }) =>
      namespace === 'layer' ? { path, external: true } : { path, namespace: 'layer' },
    );
    build.onLoad({ filter: /.*/, namespace: 'layer' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
      loader: 'js',
    }));
  },
};

/** Writes `index.mjs` and what belongs to it into `into`, which is emptied first. Throws where esbuild does. */
export async function bundleFunction(root: string, name: FunctionName, into: string): Promise<void> {
  await rm(into, { recursive: true, force: true });
  await mkdir(into, { recursive: true });
  await build({
    stdin: { contents: entrySource(name), resolveDir: root, sourcefile: `${name}.ts`, loader: 'ts' },
    absWorkingDir: root,
    outfile: join(into, 'index.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    legalComments: 'none',
    banner: { js: REQUIRE },
    plugins: [runtimeByRequire],
    logLevel: 'error',
  });
  for (const [packageName, files] of Object.entries(READ[name] ?? {})) {
    const folder = join('node_modules', packageName);
    for (const file of files) await cp(join(root, folder, file), join(into, folder, file));
  }
  await writeFile(join(into, 'package.json'), '{ "type": "module" }\n');
}

/** All of them, each into a folder of its own name below `into`. */
export async function bundleFunctions(root: string, into: string): Promise<void> {
  const names = Object.keys(functions) as FunctionName[];
  await Promise.all(names.map((name) => bundleFunction(root, name, join(into, name))));
}

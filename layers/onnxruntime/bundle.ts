/** Bundles a program that uses ONNX Runtime and sharp from a folder beside it, as a Lambda layer or an image has one. */
import { isBuiltin } from 'node:module';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/**
 * CommonJS packages within the bundle ask for Node's own modules by `require`, which an ES module lacks. The bundle's
 * own names are chosen without regard to this line, so it takes none that a program would.
 */
const REQUIRE = `import { createRequire as $createRequire } from 'node:module'; const require = $createRequire(import.meta.url);`;

/** The folder of the runtime stands in NODE_PATH, which `require` looks at and `import` does not. */
const runtimeByRequire: Plugin = {
  name: 'runtime-by-require',
  setup(build) {
    build.onResolve({ filter: /^(?:onnxruntime-node(?:\/.*)?|sharp)$/ }, ({ path, namespace }) =>
      namespace === 'layer' ? { path, external: true } : { path, namespace: 'layer' },
    );
    build.onLoad({ filter: /.*/, namespace: 'layer' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
      loader: 'js',
    }));
  },
};

/**
 * Whoever imports a module of Node.js into an ES module gets all of its exports read: of `node:http` that for WebSockets,
 * with which `fetch` and all that belongs to it is loaded, of `node:process` that of reports. That is a tenth of what a
 * function takes to start. `require` reads none.
 */
export const nodeByRequire: Plugin = {
  name: 'node-by-require',
  setup(build) {
    build.onResolve({ filter: /^(?:node:)?[a-z_]+(?:\/[a-z_]+)?$/ }, ({ path, kind }) => {
      if (!isBuiltin(path) || kind === 'require-call') return undefined;
      return { path: path.startsWith('node:') ? path : `node:${path}`, namespace: NODE };
    });
    build.onLoad({ filter: /.*/, namespace: NODE }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
      loader: 'js',
    }));
  },
};

const NODE = 'node';

/** Zod has its messages in fifty languages, which is more than half of it; ours are in English. */
export const oneLocale: Plugin = {
  name: 'one-locale',
  setup(build) {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: `export { default as en } from './en.js';`,
      loader: 'js',
    }));
  },
};

/** How programs and libraries are bundled. */
export const BUNDLED = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  minifySyntax: true,
  minifyWhitespace: true,
  minifyIdentifiers: true,
  keepNames: true,
  legalComments: 'none',
  banner: { js: REQUIRE },
  logLevel: 'error',
} as const satisfies BuildOptions;

export interface BundleOptions {
  /** The folder of the project: the source's imports are resolved from there. */
  readonly root: string;
  readonly source: string;
  /** What the source is called in messages. */
  readonly name: string;
  readonly outfile: string;
  /** Says where some of its imports are. Default: all are in the bundle. */
  readonly elsewhere?: Plugin;
}

/** Writes one ES module with everything in it but what is native. Throws where esbuild does. */
export async function bundle({ root, source, name, outfile, elsewhere }: BundleOptions): Promise<void> {
  await build({
    stdin: { contents: source, resolveDir: root, sourcefile: `${name}.ts`, loader: 'ts' },
    absWorkingDir: root,
    outfile,
    ...BUNDLED,
    // Left out: `layers/domain/argon2id.ts` does without.
    external: ['@node-rs/argon2'],
    plugins: [runtimeByRequire, nodeByRequire, ...(elsewhere ? [elsewhere] : []), oneLocale],
  });
}

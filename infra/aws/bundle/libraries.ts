/**
 * The layer with the large libraries that functions share: the clients of AWS, zod and others. It has an ES module for each
 * package that is imported, with the names that any function uses, and the modules that those share. A function's bundle
 * has the other libraries and our own code.
 *
 *     import { S3Client } from '@aws-sdk/client-s3'   in a function's source
 *     require('trainyard-libraries/aws-sdk-client-s3.mjs').S3Client   in its bundle: NODE_PATH is for `require` only
 */
import { globSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { BUNDLED, nodeByRequire, oneLocale } from '../../../layers/onnxruntime/bundle.ts';

const NAME = 'trainyard-libraries';
/** In whichever code they are imported. Their companions are here, too, since there can be one of each only. */
const LIBRARIES =
  /^(?:@aws-sdk\/|@fastify\/busboy$|csv-parse$|csv-parse\/|echarts\/|hyparquet(?:$|\/)|ipaddr\.js$|jose$|protobufjs\/|yauzl$|zod$|zod-openapi$)/;
const SOURCES = 'layers/!(embedded)/**/*.ts';
const fileOf = (library: string): string => `${library.replace('@', '').replace(/\.js$/, '').replaceAll('/', '-')}.mjs`;

/** By library, the names that are imported of it; `default` among them. */
type Imported = ReadonlyMap<string, ReadonlySet<string>>;

function importedNames(root: string): Imported {
  const all = new Map<string, Set<string>>();
  for (const file of globSync([SOURCES, 'functions/**/*.ts'], { cwd: root })) {
    for (const { clause, library } of importsOf(readFileSync(join(root, file), 'utf8'))) {
      if (!LIBRARIES.test(library)) continue;
      const names = all.get(library) ?? new Set();
      all.set(library, names);
      for (const name of namesOf(clause)) names.add(name);
    }
  }
  return all;
}

/** `import CLAUSE from 'LIBRARY';`, but not those of types only. */
function importsOf(source: string): { readonly clause: string; readonly library: string }[] {
  const statements = `\n${source}`.split('\nimport ').slice(1);
  return statements.flatMap((rest) => {
    const [clause = '', library] = rest.slice(0, rest.indexOf("';")).split(" from '");
    return library === undefined || isOfTypes(clause) ? [] : [{ clause: clause.trim(), library }];
  });
}

const isOfTypes = (clause: string): boolean => clause.startsWith('type ');

/** Of `protobuf`, or of `{ A, type B, C as D }`. */
function namesOf(clause: string): string[] {
  if (!clause.startsWith('{')) return ['default'];
  const named = clause.slice(1, -1).split(',');
  return named.flatMap((one) => {
    const [name = ''] = one.trim().split(' as ');
    return name === '' || isOfTypes(name) ? [] : [name];
  });
}

/** Writes `nodejs/node_modules/trainyard-libraries/` below `into`, which is emptied first. Throws where esbuild does. */
export async function bundleLibraries(root: string, into: string): Promise<void> {
  const folder = join(into, 'nodejs', 'node_modules', NAME);
  await rm(into, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const imported = importedNames(root);
  await build({
    ...BUNDLED,
    absWorkingDir: root,
    entryPoints: Object.fromEntries([...imported.keys()].map((one) => [fileOf(one).replace(/\.mjs$/, ''), one])),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    plugins: [entries(root, imported), nodeByRequire, oneLocale],
  });
  await writeFile(join(folder, 'package.json'), `{ "name": "${NAME}", "type": "module" }\n`);
}

/** The entry points: each exports what is used of a library. */
const entries = (root: string, imported: Imported): Plugin => ({
  name: 'entries',
  setup(build) {
    build.onResolve({ filter: LIBRARIES }, ({ path, kind }) =>
      kind === 'entry-point' ? { path, namespace: 'entry' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'entry' }, ({ path }) => ({
      contents: `export { ${[...(imported.get(path) ?? [])].join(', ')} } from '${path}';`,
      loader: 'js',
      resolveDir: root,
    }));
  },
});

/** For a function's bundle: the libraries are in the layer. */
export const librariesByRequire = (root: string): Plugin => ({
  name: 'libraries-by-require',
  setup(build) {
    const imported = importedNames(root);
    build.onResolve({ filter: LIBRARIES }, ({ path }) => ({ path, namespace: 'library' }));
    build.onLoad({ filter: /.*/, namespace: 'library' }, ({ path }) => {
      const required = `require('${NAME}/${fileOf(path)}')`;
      const names = [...(imported.get(path) ?? [])].map((name) =>
        name === 'default' ? 'export default library.default;' : `export const ${name} = library.${name};`,
      );
      return { contents: [`const library = ${required};`, ...names].join('\n'), loader: 'js' };
    });
    build.onResolve({ filter: /^trainyard-libraries\// }, ({ path }) => ({ path, external: true }));
  },
});

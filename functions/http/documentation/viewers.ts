/** The two viewers of the OpenAPI document: their pages, and the files that they load. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Asset, makeAsset } from './asset.ts';

const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';
const PAGE = 'text/html; charset=utf-8';
const IMAGE = 'image/png';

/** A file of an npm package; `change` edits its text. */
interface PackageFile {
  readonly package: 'swagger-ui-dist' | 'redoc';
  readonly file: string;
  readonly contentType: string;
  readonly change?: (text: string) => string;
}

/** Redoc's footer shows an image from a content-delivery network: replace it with an empty one. */
const withoutRemoteLogo = (text: string): string =>
  text.replaceAll(
    'https://cdn.redoc.ly/redoc/logo-mini.svg',
    'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22/%3E',
  );

const FILES: Readonly<Record<string, PackageFile>> = {
  'docs/swagger-ui.css': { package: 'swagger-ui-dist', file: 'swagger-ui.css', contentType: STYLE },
  'docs/swagger-ui-bundle.js': { package: 'swagger-ui-dist', file: 'swagger-ui-bundle.js', contentType: SCRIPT },
  'docs/favicon-32x32.png': { package: 'swagger-ui-dist', file: 'favicon-32x32.png', contentType: IMAGE },
  'redoc/redoc.standalone.js': {
    package: 'redoc',
    file: 'bundles/redoc.standalone.js',
    contentType: SCRIPT,
    change: withoutRemoteLogo,
  },
};

/** The scripts that start the viewers; the Content-Security-Policy forbids inline ones. */
const SCRIPTS: Readonly<Record<string, string>> = {
  'docs/initializer.js': `window.addEventListener('load', () => {
  SwaggerUIBundle({
    url: 'openapi.json',
    dom_id: '#viewer',
    deepLinking: true,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
  });
});
`,
  'redoc/initializer.js': `window.addEventListener('load', () => {
  Redoc.init('openapi.json', { hideDownloadButton: false }, document.getElementById('viewer'));
});
`,
};

/** All URLs are relative to the page, so that it works below any base path. */
const html = (title: string, head: string, scripts: readonly string[]): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <link rel="icon" type="image/png" href="docs/favicon-32x32.png">
    <style>body { margin: 0; }</style>${head}
  </head>
  <body>
    <div id="viewer"></div>
${scripts.map((source) => `    <script src="${source}"></script>`).join('\n')}
  </body>
</html>
`;

export const pages = {
  docs: makeAsset(
    PAGE,
    html('Trainyard API', '\n    <link rel="stylesheet" href="docs/swagger-ui.css">', [
      'docs/swagger-ui-bundle.js',
      'docs/initializer.js',
    ]),
  ),
  redoc: makeAsset(PAGE, html('Trainyard API', '', ['redoc/redoc.standalone.js', 'redoc/initializer.js'])),
} as const;

const require = createRequire(import.meta.url);
const loaded = new Map<string, Promise<Asset>>();

/** By its path, such as `docs/swagger-ui.css`; `undefined` if it is not in the lists above. */
export function findAsset(path: string): Promise<Asset> | undefined {
  const known = loaded.get(path);
  if (known) return known;
  const asset = loadAsset(path);
  if (asset) loaded.set(path, asset);
  return asset;
}

function loadAsset(path: string): Promise<Asset> | undefined {
  const script = Object.hasOwn(SCRIPTS, path) ? SCRIPTS[path] : undefined;
  if (script !== undefined) return Promise.resolve(makeAsset(SCRIPT, script));
  const file = Object.hasOwn(FILES, path) ? FILES[path] : undefined;
  return file && readPackageFile(file);
}

async function readPackageFile(of: PackageFile): Promise<Asset> {
  const bytes = await readFile(join(dirname(require.resolve(`${of.package}/package.json`)), of.file));
  if (of.contentType === IMAGE) return makeAsset(of.contentType, bytes);
  const text = bytes.toString('utf8');
  return makeAsset(of.contentType, of.change?.(text) ?? text);
}

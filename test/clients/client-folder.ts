/** The client in a project of someone else's, as docs/clients.md says that it gets there. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const PACKAGES = ['openapi-fetch', 'openapi-typescript-helpers', '@types/node', 'undici-types'];

const CONFIGURATION = {
  compilerOptions: {
    target: 'es2024',
    lib: ['es2024', 'dom'],
    module: 'nodenext',
    types: ['node'],
    noEmit: true,
    strict: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
  },
};

export function copyClient(folder: string): void {
  cpSync('layers/client', join(folder, 'client'), { recursive: true });
  for (const name of PACKAGES) {
    const at = join(folder, 'node_modules', name);
    mkdirSync(join(at, '..'), { recursive: true });
    symlinkSync(resolve('node_modules', name), at);
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(CONFIGURATION));
}

/** What the compiler complains of. */
export const compile = (folder: string): string =>
  spawnSync(resolve('node_modules/.bin/tsc'), ['--project', folder], { encoding: 'utf8' }).stdout;

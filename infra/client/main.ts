/**
 * `npm run client [-- --check]`: generates the types of the client in `layers/client/` from the OpenAPI document of each
 * surface. With `--check` it writes nothing, and exits with 1 where a file is not what would be generated.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { servedDocuments } from './documents.ts';
import { generateTypes } from './generate.ts';

const FOLDER = 'layers/client';

const { check } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values;
for (const [surface, document] of Object.entries(await servedDocuments())) {
  const file = join(FOLDER, surface, 'schema.ts');
  const generated = await generateTypes(document);
  if (!check) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, generated);
  } else if (present(file) !== generated) {
    process.stderr.write(`${file} is not what the OpenAPI document says: run npm run client\n`);
    process.exitCode = 1;
  }
}

function present(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

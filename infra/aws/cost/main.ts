/**
 * `node infra/aws/cost/main.ts FOLDER`: writes docs/cost.md from the templates that `cdk synth -c stage=prod` wrote
 * there.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CostedResource } from './compute.ts';
import { costDocument } from './document.ts';

const [folder = 'cdk.out'] = process.argv.slice(2);
const files = globSync('trainyard-prod-*.template.json', { cwd: folder }).sort();
if (files.length === 0) {
  console.error(`There are no templates of stage prod in ${folder}; make them with: npx cdk synth -q -c stage=prod`);
  process.exit(1);
}
const resources = files.flatMap((file) =>
  Object.values<CostedResource>(JSON.parse(readFileSync(join(folder, file), 'utf8')).Resources),
);
const page = fileURLToPath(new URL('../../../docs/cost.md', import.meta.url));
writeFileSync(page, costDocument(resources));
console.log(`docs/cost.md from ${resources.length} resources of ${files.length} stacks`);

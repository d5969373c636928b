/** Prints what holds data in a deployment of the build in whose tree it stands; see test/fixtures/data-resources/README.md. */
import { dataResources } from './data-resources.ts';
import { synthesized } from './synthesized.ts';

const { dev, prod } = synthesized();
process.stdout.write(`${JSON.stringify({ dev: dataResources(dev), prod: dataResources(prod) }, undefined, 2)}\n`);

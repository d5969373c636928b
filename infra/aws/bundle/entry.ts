/** The module that Lambda loads: a function's `makeHandler` with the adapters that the environment describes. */
import { type FunctionName, type FunctionSpec, functions, queues, type Surface, surfaces } from '#infra/topology.ts';

/** The base path of the surface that calls a function; `undefined` if none does. */
const surfaceBaseOf = (name: FunctionName): string | undefined =>
  Object.values<Surface>(surfaces).find(({ routes }) => routes.some((route) => route.function === name))?.cloudBase;

/** The parts of the wiring that a function uses: clients of other services are neither in its bundle nor initialised. */
function partsOf(name: FunctionName): string[] {
  const { uses }: FunctionSpec = functions[name];
  const isConsumer = Object.values(queues).some(({ consumer }) => consumer === name);
  const used = {
    table: uses.table !== undefined,
    blobs: uses.buckets !== undefined || uses.copies !== undefined,
    queues: uses.sends !== undefined || isConsumer,
    bootstrap: uses.bootstrap === true,
    events: uses.publishes === true,
    keys: uses.tokens !== undefined || uses.dataKeys !== undefined,
    // Over the table.
    compute: uses.compute !== undefined,
  };
  return Object.entries(used).flatMap(([part, isUsed]) => (isUsed ? [part] : []));
}

/** The source of that module, with imports relative to the root of the project. */
export function entrySource(name: FunctionName): string {
  const base = surfaceBaseOf(name);
  const handler = 'makeHandler(adapters, options)';
  const parts = partsOf(name);
  return [
    `import { makeHandler } from './${functions[name].entry}';`,
    `import { wireParts } from '#aws/wiring/wire.ts';`,
    ...parts.map((part) => `import { ${part} } from '#aws/wiring/${part}.ts';`),
    ...(base === undefined ? [] : [`import { belowBase } from './infra/aws/bundle/below-base.ts';`]),
    `const { adapters, options } = wireParts(process.env, [${parts.join(', ')}]);`,
    `export const handler = ${base === undefined ? handler : `belowBase('${base}', ${handler})`};`,
    '',
  ].join('\n');
}

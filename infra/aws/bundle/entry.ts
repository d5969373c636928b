/** The module that Lambda loads: a function's `makeHandler` with the adapters that the environment describes. */
import { type FunctionName, functions, type Surface, surfaces } from '#infra/topology.ts';

/** The base path of the surface that calls a function; `undefined` if none does. */
const surfaceBaseOf = (name: FunctionName): string | undefined =>
  Object.values<Surface>(surfaces).find(({ routes }) => routes.some((route) => route.function === name))?.cloudBase;

/** The source of that module, with imports relative to the root of the project. */
export function entrySource(name: FunctionName): string {
  const base = surfaceBaseOf(name);
  const handler = 'makeHandler(adapters, options)';
  return [
    `import { makeHandler } from './${functions[name].entry}';`,
    `import { wire } from '#aws/wiring.ts';`,
    ...(base === undefined ? [] : [`import { belowBase } from './infra/aws/bundle/below-base.ts';`]),
    'const { adapters, options } = wire(process.env);',
    `export const handler = ${base === undefined ? handler : `belowBase('${base}', ${handler})`};`,
    '',
  ].join('\n');
}

/** Turns a surface's routes into the resources of a REST API. */
import type { FunctionName, SurfaceRoute } from '#infra/topology.ts';

const REST = '/{proxy+}';

const isVariable = (segment: string): boolean => segment.startsWith('{');

/**
 * The function of each resource. API Gateway descends its tree of resources by literal segments, then variables, then
 * `{proxy+}`, without backtracking: where a more specific route adds resources that the surface's catch-all would have
 * covered, those need the catch-all again. `{proxy+}` does not cover its parent's own path either.
 *
 * A resource with a `{variable}` child cannot have a `{proxy+}` child as well, and needs none.
 */
export function resourcesOf(routes: readonly SurfaceRoute[]): ReadonlyMap<string, FunctionName> {
  const found = new Map<string, FunctionName>();
  const fallback = routes.find(({ path }) => path === REST)?.function;
  const special = routes.filter(({ path }) => path !== REST);
  if (fallback !== undefined) {
    const paths = special.map(({ path }) => path.split('/').slice(1));
    const inner = new Map([['', true]]);
    for (const segments of paths) {
      for (let depth = 1; depth < segments.length; depth++) inner.set(`/${segments.slice(0, depth).join('/')}`, true);
    }
    for (const path of inner.keys()) {
      found.set(path || '/', fallback);
      const depth = path.split('/').length - 1;
      const children = paths
        .filter((one) => `/${one.slice(0, depth).join('/')}` === (path || '/'))
        .map((one) => one[depth]);
      if (!children.some((child) => child !== undefined && isVariable(child))) found.set(`${path}${REST}`, fallback);
    }
  }
  for (const route of special) found.set(route.path, route.function);
  return found;
}

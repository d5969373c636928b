import type { FunctionName, SurfaceRoute } from '../../topology.ts';

/** Precedence of a segment: literals before parameters before `{proxy+}`, as on API Gateway. */
const rank = (segment: string): number => (segment.endsWith('+}') ? 2 : segment.startsWith('{') ? 1 : 0);

interface Template {
  readonly path: string;
  readonly segments: readonly string[];
  readonly function: FunctionName;
}

export interface Match {
  readonly function: FunctionName;
  readonly resource: string;
  readonly pathParameters: Readonly<Record<string, string>> | null;
}

/** Returns a function that finds the function for a path: the most specific template wins. */
export function makeRouter(routes: readonly SurfaceRoute[]): (path: string) => Match | undefined {
  const templates = routes
    .map(({ path, function: name }): Template => ({ path, segments: split(path), function: name }))
    .sort((a, b) => compare(a.segments, b.segments));
  return (path) => {
    const segments = split(path);
    for (const template of templates) {
      const parameters = parametersOf(template.segments, segments);
      if (parameters) {
        const none = Object.keys(parameters).length === 0;
        return { function: template.function, resource: template.path, pathParameters: none ? null : parameters };
      }
    }
    return undefined;
  };
}

const split = (path: string): string[] => path.replace(/^\/|\/$/g, '').split('/');

function compare(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = rank(a[i]!) - rank(b[i]!);
    if (difference !== 0) return difference;
  }
  return b.length - a.length;
}

function parametersOf(template: readonly string[], path: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (let i = 0; i < template.length; i++) {
    const segment = template[i]!;
    if (segment.endsWith('+}') && path.length > i)
      return { ...parameters, [segment.slice(1, -2)]: path.slice(i).join('/') };
    if (path[i] === undefined) return undefined;
    if (segment.startsWith('{')) {
      if (path[i] === '') return undefined;
      parameters[segment.slice(1, -1)] = path[i]!;
    } else if (segment !== path[i]) return undefined;
  }
  return template.length === path.length ? parameters : undefined;
}

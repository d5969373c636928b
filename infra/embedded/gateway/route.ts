import { Recent } from '#domain/recent.ts';
import type { FunctionName, SurfaceRoute } from '../../topology.ts';

/** Precedence of a segment: literals before parameters before `{proxy+}`, as on API Gateway. */
const rank = (segment: string): number => (segment.endsWith('+}') ? 2 : segment.startsWith('{') ? 1 : 0);

interface Template {
  readonly path: string;
  readonly segments: readonly string[];
  /** Of each segment. */
  readonly ranks: readonly number[];
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
    .map(({ path, function: name }): Template => {
      const segments = split(path);
      return { path, segments, ranks: segments.map(rank), function: name };
    })
    .sort((a, b) => compare(a.segments, b.segments));
  const beginningWith = (first: string) =>
    templates.filter(({ segments, ranks }) => segments[0] === first || ranks[0]! > 0);
  const byFirst = new Map(templates.map(({ segments: [first = ''] }) => [first, beginningWith(first)]));
  const others = templates.filter(({ ranks }) => ranks[0]! > 0);
  const matches = new Recent<Match | undefined>();
  const find = (path: string): Match | undefined => {
    const segments = split(path);
    const template = (byFirst.get(segments[0]!) ?? others).find((one) => fits(one, segments));
    if (!template) return undefined;
    return {
      function: template.function,
      resource: template.path,
      pathParameters: parametersOf(template, segments),
    };
  };
  return (path) => matches.get(path) ?? matches.add(path, find(path));
}

const split = (path: string): string[] =>
  path.slice(path.startsWith('/') ? 1 : 0, path.length > 1 && path.endsWith('/') ? -1 : path.length).split('/');

function compare(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = rank(a[i]!) - rank(b[i]!);
    if (difference !== 0) return difference;
  }
  return b.length - a.length;
}

function fits({ segments, ranks }: Template, path: readonly string[]): boolean {
  for (let i = 0; i < segments.length; i++) {
    const given = path[i];
    if (given === undefined) return false;
    if (ranks[i] === 2) return true;
    if (ranks[i] === 1 ? given === '' : segments[i] !== given) return false;
  }
  return segments.length === path.length;
}

/** Of a template that fits. */
function parametersOf({ segments, ranks }: Template, path: readonly string[]): Record<string, string> | null {
  let parameters: Record<string, string> | null = null;
  for (let i = 0; i < segments.length; i++) {
    if (ranks[i] === 0) continue;
    parameters ??= {};
    if (ranks[i] === 2) parameters[segments[i]!.slice(1, -2)] = path.slice(i).join('/');
    else parameters[segments[i]!.slice(1, -1)] = path[i]!;
  }
  return parameters;
}

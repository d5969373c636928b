/** Finds the route of a request. */
import { MethodNotAllowedError, NotFoundError } from '#domain/errors.ts';
import { Recent } from '#domain/recent.ts';
import type { Method, Route, Services } from './route.ts';

export interface Match<S extends Services> {
  readonly route: Route<S>;
  readonly parameters: Readonly<Record<string, string>>;
}

/** An `OPTIONS` request, such as a browser's CORS preflight. */
export interface Preflight {
  readonly preflight: true;
  readonly allow: readonly string[];
}

/** What it returns is shared, and frozen. */
export type Matcher<S extends Services> = (method: string, path: string) => Match<S> | Preflight;

/**
 * A route without parameters takes precedence over one with them. `HEAD` matches the route of `GET`. Throws
 * `NotFoundError` and `MethodNotAllowedError`.
 */
export function makeMatcher<S extends Services>(routes: readonly Route<S>[]): Matcher<S> {
  const paths = new Map<string, Map<Method, Route<S>>>();
  for (const route of routes) {
    const methods = paths.get(route.path) ?? new Map<Method, Route<S>>();
    if (methods.has(route.method)) throw new TypeError(`${route.method} ${route.path} is declared twice`);
    paths.set(route.path, methods.set(route.method, route));
  }
  const templates = [...paths]
    .filter(([path]) => path.includes('{'))
    .map(([path, methods]) => ({ segments: path.split('/'), methods }));
  // A request is compared with those only that begin alike: there are more than a hundred.
  const byFirst = Map.groupBy(templates, ({ segments }) => firstOf(segments));

  const find = (method: string, path: string): Match<S> | Preflight => {
    const literal = path.includes('{') ? undefined : paths.get(path);
    if (literal) return Object.freeze({ ...choose(literal, method), parameters: NONE });
    const given = path.split('/');
    const alike = byFirst.get(firstOf(given)) ?? [];
    for (const read of [same, withSlash]) {
      for (const { segments, methods } of alike) {
        const parameters = capture(segments, read(given, segments));
        if (parameters) return Object.freeze({ ...choose(methods, method), parameters });
      }
    }
    throw new NotFoundError();
  };
  const recent = new Map<string, Recent<Match<S> | Preflight>>();
  return (method, path) => {
    const known = recent.get(method)?.get(path);
    if (known) return known;
    const found = find(method, path);
    const ofMethod = recent.get(method) ?? new Recent();
    recent.set(method, ofMethod);
    return ofMethod.add(path, found);
  };
}

const NONE = Object.freeze({});

/** Every path begins with a literal: `['', 'models', '{model_id}']`. */
const firstOf = ([, first = '']: readonly string[]): string => first;

function choose<S extends Services>(
  methods: ReadonlyMap<Method, Route<S>>,
  method: string,
): { route: Route<S> } | Preflight {
  const route = methods.get((method === 'HEAD' ? 'GET' : method) as Method);
  if (route) return { route };
  const allow = [...methods.keys(), ...(methods.has('GET') ? ['HEAD'] : []), 'OPTIONS'];
  if (method === 'OPTIONS') return { preflight: true, allow };
  throw new MethodNotAllowedError(method, allow);
}

/** Names of encoders have a slash, as repositories of a hub have. A gateway may have decoded it, as the emulator of AWS does. */
const WITH_SLASH = '{model_name}';

const same = (given: readonly string[]): readonly string[] => given;

/** With the two parts of such a name as one segment. */
function withSlash(given: readonly string[], segments: readonly string[]): readonly string[] {
  const at = segments.indexOf(WITH_SLASH);
  return at < 0 ? given : [...given.slice(0, at), given.slice(at, at + 2).join('%2F'), ...given.slice(at + 2)];
}

/** `undefined` if the path does not match the template or is not correctly encoded. */
function capture(segments: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  if (segments.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (let index = 0; index < segments.length; index++) {
    const segment = segments[index]!;
    const text = given[index] ?? '';
    if (!segment.startsWith('{')) {
      if (segment !== text) return undefined;
      continue;
    }
    const value = decode(text);
    if (value === undefined || value === '') return undefined;
    parameters[segment.slice(1, -1)] = value;
  }
  return Object.freeze(parameters);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

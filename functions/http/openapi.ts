/** The OpenAPI 3.1 document, generated from the routes' declarations. */
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi';
import { exampleOf } from './example.ts';
import { idempotencyHeader } from './idempotency.ts';
import { withPortablePatterns } from './portable-pattern.ts';
import type { ResponseDeclaration } from './reply.ts';
import type { Method, RequestDeclaration, RouteFacts } from './route.ts';

export interface DescribedRoute extends RouteFacts {
  readonly request: RequestDeclaration;
}

export interface DocumentFacts {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  /** Schemas that those of routes refer to by their names. Default: none. */
  readonly schemas?: Readonly<Record<string, object>>;
  /** The error body of the routes at a path, and one example of it for each status. */
  readonly errorAt: (path: string) => DescribedError;
}

export interface DescribedError {
  readonly schema: z.ZodType;
  readonly examples: Readonly<Record<number, unknown>>;
}

const METHODS: Readonly<Record<Method, 'get' | 'post' | 'put' | 'patch' | 'delete'>> = {
  GET: 'get',
  POST: 'post',
  PUT: 'put',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** The document as plain JSON. Its server URL is relative to the document's own: the surface's base path. */
export function openApiDocument(routes: readonly DescribedRoute[], facts: DocumentFacts): object {
  const paths: ZodOpenApiPathsObject = {};
  const errors = errorResponses(facts);
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [METHODS[route.method]]: operation(route, errors) };
  }
  const document = createDocument({
    openapi: '3.1.1',
    info: {
      title: facts.title,
      version: facts.version,
      description: facts.description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '.', description: 'Where this document is' }],
    tags: facts.tags.map((tag) => ({ ...tag })),
    paths,
    components: {
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'The `access_token` of `POST /auth/login`, or an API key',
        },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'A key of `POST /account/api-keys`' },
      },
    },
  });
  const { components } = document;
  const schemas = { ...components?.schemas, ...facts.schemas };
  return withPortablePatterns({ ...document, components: { ...components, schemas } });
}

function operation(route: DescribedRoute, errorAt: ErrorResponses): ZodOpenApiOperationObject {
  const { path, query, body } = route.request;
  const headers = headersOf(route);
  const replies = Object.entries(route.responses).map(([status, declared]) => [status, replyObject(declared)] as const);
  const errors = errorStatuses(route).map((status) => [String(status), errorAt(route.path, status)] as const);
  return {
    operationId: operationId(route),
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [...route.tags],
    // Explicitly empty for public routes, so that it does not look forgotten.
    security: securityOf(route),
    requestParams: { ...(path ? { path } : {}), ...(query ? { query } : {}), ...(headers ? { header: headers } : {}) },
    ...(body ? { requestBody: body.openapi } : {}),
    responses: Object.fromEntries([...replies, ...errors]),
  };
}

/** The operator of a machine may call without credentials where the route says so. */
function securityOf({ scope, authentication }: DescribedRoute) {
  if (scope === undefined) return [];
  const schemes = [{ accessToken: [] }, { apiKey: [] }];
  return authentication === 'operator' ? [...schemes, {}] : schemes;
}

/** Those that it declares, and the one that makes it idempotent. */
function headersOf({ request, idempotent }: DescribedRoute): z.ZodObject | undefined {
  return idempotent ? (request.headers ?? z.object({})).extend(idempotencyHeader) : request.headers;
}

function replyObject(declared: ResponseDeclaration) {
  const headers = Object.fromEntries(
    Object.entries(declared.headers ?? {}).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' as const } },
    ]),
  );
  const rest = { description: declared.description, ...(declared.headers ? { headers } : {}) };
  if (declared.schema) {
    const { schema, example = exampleOf(schema, 'output'), orContent } = declared;
    const other = orContent === undefined ? {} : { [orContent]: { schema: { type: 'string' as const } } };
    return { ...rest, content: { 'application/json': { schema, example }, ...other } };
  }
  if (declared.content === undefined) return rest;
  // Of a stream of events, a schema would be that of all of them together; of files of any type, that of each type.
  const isOpen = ['text/event-stream', '*/*'].includes(declared.content);
  const media = isOpen ? {} : { schema: { type: 'string' as const } };
  return { ...rest, content: { [declared.content]: media } };
}

type ErrorResponses = (path: string, status: number) => ZodOpenApiResponseObject;

/** Of each kind there is one, which the operations refer to. */
function errorResponses({ errorAt }: DocumentFacts): ErrorResponses {
  const known = new Map<string, ZodOpenApiResponseObject>();
  return (path, status) => {
    const error = errorAt(path);
    const id = `${error.schema.meta()?.id}${status}`;
    const response = known.get(id) ?? { id, ...errorObject(status, error) };
    known.set(id, response);
    return response;
  };
}

function errorObject(status: number, { schema, examples }: DescribedError): ZodOpenApiResponseObject {
  const description = STATUS_CODES[status] ?? 'Error';
  // Nobody has read the request by then.
  if (status === HEADERS_TOO_LARGE) return { description: `${description}; the answer has no body` };
  const example = examples[status] === undefined ? {} : { example: examples[status] };
  return { description, content: { 'application/json': { schema, ...example } } };
}

const HEADERS_TOO_LARGE = 431;

/** The error statuses that a route declares, and those that follow from the rest of its declaration. */
function errorStatuses(route: DescribedRoute): number[] {
  const { path, query, body } = route.request;
  const follows: readonly (readonly [boolean, readonly number[]])[] = [
    [query !== undefined || headersOf(route) !== undefined, [400]],
    [body !== undefined, [400, 408, 413, 415, 507]],
    [route.authentication !== 'none', [401]],
    [route.scope !== undefined, [403]],
    [path !== undefined, [404]],
    [route.idempotent === true, [409, 422]],
    [route.cost === 'request', [429]],
    [true, [HEADERS_TOO_LARGE, 500, 503]],
  ];
  const statuses = follows.flatMap(([applies, of]) => (applies ? of : []));
  return [...new Set([...(route.errors ?? []), ...statuses])].sort((a, b) => a - b);
}

/** `POST /training/stop/{job_id}` is `post_training_stop_job_id`: stable, and unique because the pair is. */
const operationId = ({ method, path }: DescribedRoute): string =>
  [method.toLowerCase(), ...path.split(/[^A-Za-z0-9]+/).filter((part) => part !== '')].join('_');

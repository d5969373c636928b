/** The routes of the surface `manager`. */
import { documentationRoutes } from '#functions/http/documentation/routes.ts';
import type { Route } from '#functions/http/route.ts';
import { documentFacts } from './documentation.ts';

/** The routes in the OpenAPI document. */
export const describedRoutes: readonly Route[] = [];

export const apiRoutes: readonly Route[] = [...describedRoutes, ...documentationRoutes(describedRoutes, documentFacts)];

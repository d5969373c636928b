/** The routes of the surface `catalog`. */
import { documentationRoutes } from '#functions/http/documentation/routes.ts';
import type { Route } from '#functions/http/route.ts';
import { documentFacts } from './documentation.ts';
import { create } from './models/create.ts';
import { exportModels } from './models/export.ts';
import { history } from './models/history.ts';
import { importModels } from './models/import.ts';
import { list } from './models/list.ts';
import { read } from './models/read.ts';
import { remove } from './models/remove.ts';
import { update } from './models/update.ts';

/** The routes in the OpenAPI document. */
export const describedRoutes: readonly Route[] = [
  list,
  create,
  read,
  update,
  remove,
  history,
  exportModels,
  importModels,
];

export const apiRoutes: readonly Route[] = [
  ...describedRoutes,
  ...documentationRoutes(async () => ({ describedRoutes, documentFacts })),
];

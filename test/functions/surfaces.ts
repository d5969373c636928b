/** What tests need to know of each surface: its function, its routes, and the format of its errors. */
import type { z } from 'zod';
import type { Adapters } from '#domain/ports/adapters.ts';
import { makeHandler as makeCatalog } from '#functions/catalog/api.ts';
import { describedRoutes as catalogRoutes } from '#functions/catalog/routes.ts';
import type { HandlerOptions, HttpHandler } from '#functions/http/contract.ts';
import { catalogError, renderCatalogError } from '#functions/http/errors/catalog.ts';
import type { ErrorFormat } from '#functions/http/errors/format.ts';
import { managerError, renderManagerError } from '#functions/http/errors/manager.ts';
import { renderTrainingError, trainingError } from '#functions/http/errors/training.ts';
import { makeServices, type Route } from '#functions/http/route.ts';
import { makeSurface } from '#functions/http/surface.ts';
import {
  apiRoutes as managerApiRoutes,
  downloadRoutes as managerDownloads,
  fileRoutes as managerFiles,
  describedRoutes as managerRoutes,
} from '#functions/manager/routes.ts';
import { makeHandler as makePlatform } from '#functions/platform/api.ts';
import { describedRoutes as platformRoutes } from '#functions/platform/described-routes.ts';
import { errorFormatAt } from '#functions/platform/errors.ts';
import { predict as trainingPredict } from '#functions/training/predict-route.ts';
import { apiRoutes as trainingApiRoutes, describedRoutes as trainingRoutes } from '#functions/training/routes.ts';
import type { FunctionName, SurfaceName } from '#infra/topology.ts';

export interface SurfaceUnderTest {
  /** The one that takes what no other function of the surface takes. */
  readonly function: FunctionName;
  readonly makeHandler: (adapters: Adapters, options: HandlerOptions) => HttpHandler;
  readonly described: readonly Route[];
  readonly errorsAt: (path: string) => ErrorFormat;
}

export const SURFACES: Readonly<Record<SurfaceName, SurfaceUnderTest>> = {
  platform: {
    function: 'platform-api',
    makeHandler: makePlatform,
    // Those of other functions need further services, which no test of a declaration calls for.
    described: platformRoutes as readonly Route[],
    errorsAt: errorFormatAt,
  },
  catalog: {
    function: 'catalog-api',
    makeHandler: makeCatalog,
    described: catalogRoutes,
    errorsAt: () => ({ schema: catalogError, render: renderCatalogError }),
  },
  manager: {
    function: 'manager-files',
    // Every route in one function: those with a body are in several.
    makeHandler: (adapters, options) =>
      makeSurface(
        {
          routes: [...managerApiRoutes, ...managerFiles, ...managerDownloads],
          renderError: renderManagerError,
        },
        makeServices(adapters, options),
      ),
    described: managerRoutes,
    errorsAt: () => ({ schema: managerError, render: renderManagerError }),
  },
  training: {
    function: 'training-api',
    // Predictions have a function of their own, with a service that none of these tests gets to.
    makeHandler: (adapters, options) =>
      makeSurface(
        { routes: [...trainingApiRoutes, trainingPredict as Route], renderError: renderTrainingError },
        makeServices(adapters, options),
      ),
    described: trainingRoutes as readonly Route[],
    errorsAt: () => ({ schema: trainingError, render: renderTrainingError }),
  },
};

export interface DescribedRoute {
  /** Such as `catalog POST /api/v1/models/list`. */
  readonly title: string;
  readonly surface: SurfaceName;
  readonly route: Route;
}

export const everyRoute: readonly DescribedRoute[] = Object.entries(SURFACES).flatMap(([surface, { described }]) =>
  described.map((route) => ({
    title: `${surface} ${route.method} ${route.path}`,
    surface: surface as SurfaceName,
    route,
  })),
);

/** The schema of a route's JSON body. */
export const bodySchema = ({ request }: Route): z.ZodType | undefined =>
  request.body?.openapi.content['application/json']?.schema as z.ZodType | undefined;

/** Every route of the platform, whichever function handles it: for its document. */
import type { Route } from '#functions/http/route.ts';
import { download as downloadDataset } from './datasets/download.ts';
import { modelUploadRoutes } from './model-uploads/routes.ts';
import { artifact } from './models/artifact.ts';
import type { ImportServices } from './models/create-imported.ts';
import { download } from './models/download.ts';
import { importModel } from './models/import.ts';
import { predict } from './models/predict.ts';
import { download as downloadNumbered } from './numbered-models/download.ts';
import { oipRoutes } from './oip/routes.ts';
import type { InferenceServices } from './oip/services.ts';
import { download as downloadBatch } from './predictions/download.ts';
import { resources } from './routes.ts';
import { events } from './training/events.ts';

export { documentFacts } from './documentation.ts';

/** What all of the platform's functions give their routes together. */
export type PlatformServices = InferenceServices & ImportServices;

/** The routes in the OpenAPI document. */
export const describedRoutes: readonly Route<PlatformServices>[] = [
  ...resources,
  predict,
  download,
  importModel,
  ...modelUploadRoutes,
  artifact,
  downloadNumbered,
  downloadDataset,
  downloadBatch,
  events,
  ...oipRoutes,
];

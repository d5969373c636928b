/** The routes of the surface `training`, whichever function handles them. */
import { documentationRoutes } from '#functions/http/documentation/routes.ts';
import type { Route } from '#functions/http/route.ts';
import { documentFacts } from './documentation.ts';
import { health } from './health.ts';
import { list as listJobs } from './jobs/list.ts';
import { read as readJob } from './jobs/read.ts';
import { stop } from './jobs/stop.ts';
import { deleteEncoder } from './loading/delete-upload.ts';
import { loadSingle } from './loading/load-single.ts';
import { loadSpecific } from './loading/load-specific.ts';
import { start as startLoading } from './loading/start.ts';
import { status as loadingStatus } from './loading/status.ts';
import { uploadEncoder } from './loading/upload.ts';
import { logs } from './logs.ts';
import { available } from './models/available.ts';
import { list as listModels } from './models/list.ts';
import { read as readModel } from './models/read.ts';
import { best, latest, registry } from './models/registry.ts';
import { status as modelStatus } from './models/status.ts';
import { versions } from './models/versions.ts';
import { predict } from './predict-route.ts';
import { retrain } from './retrain.ts';
import { train } from './train.ts';
import { createSample } from './training-data/create-sample.ts';
import { list as listTrainingData } from './training-data/list.ts';
import { upload } from './training-data/upload.ts';

const resources: readonly Route[] = [
  health,
  available,
  registry,
  latest,
  best,
  versions,
  listModels,
  readModel,
  modelStatus,
  loadingStatus,
  startLoading,
  loadSpecific,
  loadSingle,
  uploadEncoder,
  deleteEncoder,
  train,
  retrain,
  listJobs,
  readJob,
  stop,
  logs,
  createSample,
  listTrainingData,
  upload,
];

/** The routes in the OpenAPI document. */
export const describedRoutes = [...resources, predict];

/** The routes of the surface's main function. */
export const apiRoutes: readonly Route[] = [
  ...resources,
  ...documentationRoutes(async () => ({ describedRoutes, documentFacts })),
];

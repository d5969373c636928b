/** Every route of the platform, whichever function handles it. */
import { documentationRoutes } from '#functions/http/documentation/routes.ts';
import type { Route } from '#functions/http/route.ts';
import { notices } from './account/notices.ts';
import { accountRoutes } from './account/routes.ts';
import { login } from './auth/login.ts';
import { logout } from './auth/logout.ts';
import { me } from './auth/me.ts';
import { refresh } from './auth/refresh.ts';
import { register } from './auth/register.ts';
import { resetPassword } from './auth/reset-password.ts';
import { change as changeDataset } from './datasets/change.ts';
import { download as downloadDataset } from './datasets/download.ts';
import { list as listDatasets } from './datasets/list.ts';
import { preview } from './datasets/preview.ts';
import { previewUpload } from './datasets/preview-upload.ts';
import { profile } from './datasets/profile.ts';
import { read as readDataset } from './datasets/read.ts';
import { remove as removeDataset } from './datasets/remove.ts';
import { upload } from './datasets/upload.ts';
import { versions as datasetVersions } from './datasets/versions.ts';
import { documentFacts } from './documentation.ts';
import { welcome } from './health/welcome.ts';
import { modelUploadRoutes } from './model-uploads/routes.ts';
import {
  list as listAliases,
  remove as removeAlias,
  resolve as resolveAlias,
  set as setAlias,
} from './models/aliases.ts';
import { artifact } from './models/artifact.ts';
import { artifacts } from './models/artifacts.ts';
import { card } from './models/card.ts';
import { change as changeModel } from './models/change.ts';
import { compare } from './models/compare.ts';
import type { ImportServices } from './models/create-imported.ts';
import { download } from './models/download.ts';
import { importModel } from './models/import.ts';
import { lineage } from './models/lineage.ts';
import { list as listModels } from './models/list.ts';
import { predict } from './models/predict.ts';
import { read as readModel } from './models/read.ts';
import { remove as removeModel } from './models/remove.ts';
import { versions } from './models/versions.ts';
import { monitoringRoutes } from './monitoring/routes.ts';
import { download as downloadNumbered } from './numbered-models/download.ts';
import { list as listNumbered } from './numbered-models/list.ts';
import { read as readNumbered } from './numbered-models/read.ts';
import { remove as removeNumbered } from './numbered-models/remove.ts';
import { oipRoutes } from './oip/routes.ts';
import type { InferenceServices } from './oip/services.ts';
import { download as downloadBatch } from './predictions/download.ts';
import { batchRoutes } from './predictions/routes.ts';
import { sweepRoutes } from './sweeps/routes.ts';
import { events } from './training/events.ts';
import { list as listJobs } from './training/list.ts';
import { logs } from './training/logs.ts';
import { modelTypes } from './training/model-types.ts';
import { restart } from './training/restart.ts';
import { results } from './training/results.ts';
import { start } from './training/start.ts';
import { status } from './training/status.ts';
import { stop } from './training/stop.ts';
import { abort } from './uploads/abort.ts';
import { complete } from './uploads/complete.ts';
import { read as readUpload } from './uploads/read.ts';
import { start as startUpload } from './uploads/start.ts';
import { webhookRoutes } from './webhooks/routes.ts';

const resources: readonly Route[] = [
  welcome,
  register,
  login,
  refresh,
  resetPassword,
  logout,
  me,
  ...accountRoutes,
  upload,
  startUpload,
  readUpload,
  complete,
  abort,
  listDatasets,
  readDataset,
  profile,
  preview,
  previewUpload,
  datasetVersions,
  changeDataset,
  removeDataset,
  start,
  modelTypes,
  listJobs,
  status,
  results,
  logs,
  stop,
  restart,
  ...sweepRoutes,
  listModels,
  readModel,
  artifacts,
  card,
  removeModel,
  changeModel,
  compare,
  lineage,
  versions,
  listAliases,
  resolveAlias,
  setAlias,
  removeAlias,
  listNumbered,
  readNumbered,
  removeNumbered,
  ...batchRoutes,
  ...monitoringRoutes,
  ...webhookRoutes,
  notices,
];

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

/** The routes of the platform's main function. */
export const apiRoutes: readonly Route[] = [...resources, ...documentationRoutes(describedRoutes, documentFacts)];

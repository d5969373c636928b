/** The routes of the platform's main function, but for the documentation. `described-routes.ts` has those of its other functions, too. */
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
import { list as listDatasets } from './datasets/list.ts';
import { preview } from './datasets/preview.ts';
import { previewUpload } from './datasets/preview-upload.ts';
import { profile } from './datasets/profile.ts';
import { read as readDataset } from './datasets/read.ts';
import { remove as removeDataset } from './datasets/remove.ts';
import { upload } from './datasets/upload.ts';
import { versions as datasetVersions } from './datasets/versions.ts';
import { welcome } from './health/welcome.ts';
import {
  list as listAliases,
  remove as removeAlias,
  resolve as resolveAlias,
  set as setAlias,
} from './models/aliases.ts';
import { artifacts } from './models/artifacts.ts';
import { card } from './models/card.ts';
import { change as changeModel } from './models/change.ts';
import { compare } from './models/compare.ts';
import { lineage } from './models/lineage.ts';
import { list as listModels } from './models/list.ts';
import { read as readModel } from './models/read.ts';
import { remove as removeModel } from './models/remove.ts';
import { versions } from './models/versions.ts';
import { monitoringRoutes } from './monitoring/routes.ts';
import { list as listNumbered } from './numbered-models/list.ts';
import { read as readNumbered } from './numbered-models/read.ts';
import { remove as removeNumbered } from './numbered-models/remove.ts';
import { batchRoutes } from './predictions/routes.ts';
import { sweepRoutes } from './sweeps/routes.ts';
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

export const resources: readonly Route[] = [
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

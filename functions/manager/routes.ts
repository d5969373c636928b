/** The routes of the surface `manager`, whichever function handles them. */
import { documentationRoutes } from '#functions/http/documentation/routes.ts';
import type { Route } from '#functions/http/route.ts';
import { exported } from './audit/export.ts';
import { trail } from './audit/trail.ts';
import { verify } from './audit/verify.ts';
import { archive } from './backup/archive-route.ts';
import { completeUpload as completeArchive } from './backup/complete-upload.ts';
import { create as createBackup } from './backup/create.ts';
import { download as downloadBackup } from './backup/download.ts';
import { drill } from './backup/drill.ts';
import { giveUpUpload as giveUpArchive } from './backup/give-up-upload.ts';
import { list as listBackups } from './backup/list.ts';
import { readUpload as readArchiveUpload } from './backup/read-upload.ts';
import { remove as removeBackup } from './backup/remove.ts';
import { restore } from './backup/restore.ts';
import { startUpload as startArchive } from './backup/start-upload.ts';
import { upload } from './backup/upload.ts';
import { documentFacts } from './documentation.ts';
import { create } from './managers/create.ts';
import { info } from './managers/info.ts';
import { list } from './managers/list.ts';
import { remove } from './managers/remove.ts';
import { activate } from './models/activate.ts';
import { best } from './models/best.ts';
import { byTags } from './models/by-tags.ts';
import { compare } from './models/compare.ts';
import { completeUpload } from './models/complete-upload.ts';
import { deploy } from './models/deploy.ts';
import { download } from './models/download.ts';
import { giveUpUpload } from './models/give-up-upload.ts';
import { info as modelInfo } from './models/info.ts';
import { list as listModels } from './models/list.ts';
import { load } from './models/load.ts';
import { copy } from './models/platform-copy/copy.ts';
import { readUpload } from './models/read-upload.ts';
import { remove as removeModel } from './models/remove.ts';
import { save } from './models/save.ts';
import { search } from './models/search.ts';
import { signature } from './models/signature.ts';
import { startUpload } from './models/start-upload.ts';
import { update } from './models/update.ts';
import { versions } from './models/versions.ts';
import { health } from './monitoring/health.ts';
import { stats } from './monitoring/stats.ts';
import { password } from './security/password.ts';
import { status } from './security/status.ts';
import type { FileServices } from './services.ts';

const records: readonly Route[] = [
  create,
  list,
  info,
  listModels,
  search,
  byTags,
  best,
  compare,
  modelInfo,
  versions,
  signature,
  activate,
  listBackups,
  status,
  trail,
  verify,
  exported,
  stats,
];

/** Those that read or write files, and derive keys. Of two templates for a path the first one counts. */
export const fileRoutes: readonly Route<FileServices>[] = [
  save,
  copy,
  startUpload,
  readUpload,
  giveUpUpload,
  completeUpload,
  load,
  download,
  removeModel,
  update,
  deploy,
  createBackup,
  restore,
  drill,
  upload,
  startArchive,
  readArchiveUpload,
  giveUpArchive,
  completeArchive,
  archive,
  removeBackup,
  password,
  health,
  remove,
];

/** Those whose responses are streamed. */
export const downloadRoutes: readonly Route[] = [downloadBackup];

/** The routes in the OpenAPI document. */
export const describedRoutes: readonly Route[] = [...records, ...fileRoutes, ...downloadRoutes];

export const apiRoutes: readonly Route[] = [
  ...records,
  ...documentationRoutes(async () => ({ describedRoutes, documentFacts })),
];

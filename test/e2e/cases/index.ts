/** Cases for every host: the same over HTTP against one machine and against a deployment. */
import { jest } from '@jest/globals';
import type { World } from '../world.ts';
import { accounts } from './accounts.ts';
import { badData } from './bad-data.ts';
import { battery } from './battery.ts';
import { bounds } from './bounds.ts';
import { catalog } from './catalog.ts';
import { datasets } from './datasets.ts';
import { earlyStart } from './early-start.ts';
import { fileFormats } from './file-formats.ts';
import { hostileInput } from './hostile-input.ts';
import { images } from './images.ts';
import { lists } from './lists.ts';
import { logins } from './logins.ts';
import { mainJob } from './main-job.ts';
import { modelFiles } from './model-files.ts';
import { modelOptions } from './model-options.ts';
import { modelsApi } from './models-api.ts';
import { monitoring } from './monitoring.ts';
import { options } from './options.ts';
import { people } from './people.ts';
import { predictions } from './predictions.ts';
import { programs } from './programs.ts';
import { requests } from './requests.ts';
import { retention } from './retention.ts';
import { stopping } from './stopping.ts';
import { tenancy } from './tenancy.ts';
import { trainingService } from './training-service.ts';
import { uploads } from './uploads.ts';
import { vault } from './vault.ts';
import { vaultAdditions } from './vault-additions.ts';
import { vaultLarge } from './vault-large.ts';
import { vaultSchedule } from './vault-schedule.ts';
import { watching } from './watching.ts';
import { webhooks } from './webhooks.ts';

/** Generous: on a busy machine a training may have to wait. */
const CASE_MILLISECONDS = 150_000;

export function platformCases(world: World): void {
  jest.setTimeout(CASE_MILLISECONDS);
  const all = [
    mainJob,
    earlyStart,
    badData,
    datasets,
    hostileInput,
    requests,
    logins,
    people,
    uploads,
    fileFormats,
    lists,
    stopping,
    bounds,
    options,
    watching,
    tenancy,
    accounts,
    modelsApi,
    modelFiles,
    modelOptions,
    predictions,
    monitoring,
    images,
    battery,
    programs,
    trainingService,
    webhooks,
    catalog,
    vault,
    vaultLarge,
    vaultAdditions,
    vaultSchedule,
    retention,
  ];
  for (const cases of all) cases(world);
}

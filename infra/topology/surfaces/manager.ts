/** The vault: managers, and the encrypted models in them. */
import type { FunctionSpec, Surface } from '../types.ts';

export const functions = {
  'manager-api': {
    entry: 'functions/manager/api.ts',
    memoryMegabytes: 1024,
    timeoutSeconds: 29,
    computes: false,
    streams: false,
    runtime: false,
    uses: {
      table: ['get', 'query', 'put', 'update', 'delete', 'check'],
      tokens: 'verify',
    },
  },
  // It signs models with the key of tokens. Deriving a key takes 64 MiB and more, and a file in a body several times its size.
  'manager-files': {
    entry: 'functions/manager/files.ts',
    memoryMegabytes: 2048,
    timeoutSeconds: 29,
    computes: true,
    turnsAtOnce: 64,
    streams: false,
    // It compares the outputs of a model with those of its version with weights of 8 bits, and tries what is deployed.
    runtime: true,
    uses: {
      table: ['get', 'query', 'put', 'update', 'delete', 'check'],
      buckets: { artifacts: ['read', 'put', 'upload', 'delete'], backups: ['read', 'put', 'upload', 'delete'] },
      copies: ['read'],
      sends: ['vault'],
      // A model that is deployed to the platform is an event of it.
      publishes: true,
      tokens: 'sign',
      dataKeys: ['generate', 'unwrap'],
    },
  },
  'manager-download': {
    entry: 'functions/manager/download.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 900,
    computes: false,
    streams: true,
    runtime: false,
    uses: {
      table: ['get', 'query', 'put', 'update'],
      buckets: { backups: ['read'] },
      tokens: 'verify',
    },
  },
} as const satisfies Record<string, FunctionSpec>;

const base = '/api/model-manager/{manager_id}';

export const surface = {
  title: 'Manager',
  port: 8004,
  cloudBase: '/manager',
  routes: [
    { path: '/{proxy+}', function: 'manager-api' },
    // Literal names beside those of managers and models.
    { path: '/api/model-manager/create', function: 'manager-api' },
    { path: '/api/model-manager/list', function: 'manager-api' },
    { path: `${base}/models/list`, function: 'manager-api' },
    { path: `${base}/models/search`, function: 'manager-api' },
    { path: `${base}/models/by-tags`, function: 'manager-api' },
    { path: `${base}/models/best`, function: 'manager-api' },
    { path: `${base}/models/compare`, function: 'manager-api' },
    { path: base, function: 'manager-files' },
    { path: `${base}/models/save`, function: 'manager-files' },
    { path: `${base}/models/copy`, function: 'manager-files' },
    { path: `${base}/models/load`, function: 'manager-files' },
    { path: `${base}/models/uploads`, function: 'manager-files' },
    { path: `${base}/models/uploads/{upload_id}`, function: 'manager-files' },
    { path: `${base}/models/uploads/{upload_id}/complete`, function: 'manager-files' },
    { path: `${base}/models/download`, function: 'manager-files' },
    { path: `${base}/models/{model_name}`, function: 'manager-files' },
    { path: `${base}/models/{model_name}/deploy`, function: 'manager-files' },
    { path: `${base}/backup/create`, function: 'manager-files' },
    { path: `${base}/backup/restore`, function: 'manager-files' },
    { path: `${base}/backup/drill`, function: 'manager-files' },
    { path: `${base}/backup/upload`, function: 'manager-files' },
    { path: `${base}/backup/uploads`, function: 'manager-files' },
    { path: `${base}/backup/uploads/{upload_id}`, function: 'manager-files' },
    { path: `${base}/backup/uploads/{upload_id}/complete`, function: 'manager-files' },
    { path: `${base}/backup/{backup_name}/archive`, function: 'manager-files' },
    { path: `${base}/backup/{backup_name}/download`, function: 'manager-download' },
    { path: `${base}/backup/list`, function: 'manager-api' },
    { path: `${base}/backup/{backup_name}`, function: 'manager-files' },
    { path: `${base}/security/password`, function: 'manager-files' },
    { path: `${base}/health`, function: 'manager-files' },
  ],
} as const satisfies Surface<keyof typeof functions>;

/** The platform's API, and `/api/v1/models` below it. */
import type { FunctionSpec, Surface } from '../types.ts';

export const functions = {
  'platform-api': {
    entry: 'functions/platform/api.ts',
    memoryMegabytes: 1024,
    timeoutSeconds: 29,
    computes: false,
    streams: false,
    runtime: false,
    uses: {
      table: ['get', 'query', 'index', 'put', 'update', 'delete', 'check'],
      buckets: { datasets: ['read', 'put', 'upload', 'delete'], artifacts: ['read', 'delete'] },
      sends: ['datasets', 'training', 'webhooks', 'predictions'],
      publishes: true,
      tokens: 'sign',
      bootstrap: true,
      dataKeys: ['generate', 'unwrap'],
      compute: ['terminate'],
    },
  },
  'platform-predict': {
    entry: 'functions/platform/predict.ts',
    memoryMegabytes: 2048,
    timeoutSeconds: 29,
    computes: true,
    callsSmallHere: true,
    streams: false,
    runtime: true,
    // By name, a model of an earlier build is found once its lookups are added.
    uses: {
      table: ['get', 'query', 'put', 'update', 'check'],
      buckets: { artifacts: ['read'] },
      sends: ['logs'],
      tokens: 'verify',
    },
  },
  'platform-import': {
    entry: 'functions/platform/import.ts',
    memoryMegabytes: 2048,
    timeoutSeconds: 29,
    computes: true,
    streams: false,
    runtime: true,
    uses: {
      table: ['get', 'query', 'put', 'update', 'delete', 'check'],
      buckets: { artifacts: ['read', 'put', 'upload', 'delete'] },
      publishes: true,
      tokens: 'verify',
    },
  },
  'platform-download': {
    entry: 'functions/platform/download.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 900,
    computes: false,
    streams: true,
    runtime: false,
    // To a model of an earlier build, the item that finds it by its number is added when it is asked for.
    uses: {
      table: ['get', 'query', 'put', 'update', 'check'],
      buckets: { artifacts: ['read'], datasets: ['read'] },
      tokens: 'verify',
    },
  },
  // Longer than a stream by what a cold start takes.
  'platform-events': {
    entry: 'functions/platform/events.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 75,
    computes: false,
    streams: true,
    runtime: false,
    uses: { table: ['get', 'put', 'update', 'delete'], tokens: 'verify' },
  },
} as const satisfies Record<string, FunctionSpec>;

export const surface = {
  title: 'Platform',
  port: 8000,
  cloudBase: '/platform',
  anonymous: ['/api/v1/models'],
  routes: [
    { path: '/{proxy+}', function: 'platform-api' },
    { path: '/models/import', function: 'platform-import' },
    { path: '/models/import/{proxy+}', function: 'platform-import' },
    { path: '/models/{model_id}/predict', function: 'platform-predict' },
    { path: '/models/{model_id}/predict/batch', function: 'platform-api' },
    { path: '/predictions/batch/{batch_id}/download', function: 'platform-download' },
    { path: '/oip/{proxy+}', function: 'platform-predict' },
    { path: '/datasets/{dataset_id}/download', function: 'platform-download' },
    { path: '/models/{model_id}/download', function: 'platform-download' },
    { path: '/models/{model_id}/artifacts/{file}', function: 'platform-download' },
    { path: '/api/v1/models/{model_id}/download', function: 'platform-download' },
    { path: '/training/events/{job_id}', function: 'platform-events' },
  ],
} as const satisfies Surface<keyof typeof functions>;

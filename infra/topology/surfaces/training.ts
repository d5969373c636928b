/** The training service: text classifiers. */
import type { FunctionSpec, Surface } from '../types.ts';

export const functions = {
  'training-api': {
    entry: 'functions/training/api.ts',
    memoryMegabytes: 1024,
    timeoutSeconds: 29,
    computes: false,
    streams: false,
    runtime: false,
    uses: {
      table: ['get', 'query', 'index', 'put', 'update', 'delete', 'check'],
      buckets: { datasets: ['read', 'put'], artifacts: ['read', 'put'] },
      sends: ['training', 'encoders'],
      publishes: true,
      tokens: 'verify',
      compute: ['terminate'],
    },
  },
  'training-predict': {
    entry: 'functions/training/predict.ts',
    memoryMegabytes: 2048,
    timeoutSeconds: 29,
    computes: true,
    streams: false,
    runtime: true,
    uses: { table: ['get', 'query', 'update'], buckets: { artifacts: ['read'] }, tokens: 'verify' },
  },
} as const satisfies Record<string, FunctionSpec>;

export const surface = {
  title: 'Training',
  port: 8002,
  cloudBase: '/training',
  anonymous: [
    '/models',
    '/model-loading',
    '/train',
    '/retrain',
    '/jobs',
    '/logs',
    '/create-sample-data',
    '/training-data',
    '/predict',
  ],
  routes: [
    { path: '/{proxy+}', function: 'training-api' },
    { path: '/predict', function: 'training-predict' },
  ],
} as const satisfies Surface<keyof typeof functions>;

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
} as const satisfies Record<string, FunctionSpec>;

export const surface = {
  title: 'Manager',
  port: 8004,
  cloudBase: '/manager',
  routes: [{ path: '/{proxy+}', function: 'manager-api' }],
} as const satisfies Surface<keyof typeof functions>;

/** Makes the adapters of a function, or of the trainer's container, from the parts that it uses. */
import { Logger } from '@aws-lambda-powertools/logger';
import { InternalError } from '#domain/errors.ts';
import { logReplacer } from '#domain/log-replacer.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Settings } from '#domain/settings.ts';
import type { Part } from './part.ts';
import { type Environment, readVariables } from './variables.ts';

export interface Wired {
  readonly adapters: Adapters;
  readonly options: { readonly settings: Settings; readonly logger: Logger };
}

/** This does not call AWS: a wrong name shows with the first call that uses it. Throws `EnvironmentError`. */
export function wireParts(environment: Environment, parts: readonly Part[]): Wired {
  const variables = readVariables(environment);
  const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = variables;
  const now = Date.now;
  let adapters: Adapters = { ...UNWIRED, now };
  const wiring = {
    variables,
    options: { ...(region === undefined ? {} : { region }), ...(endpoint === undefined ? {} : { endpoint }) },
    now,
    table: () => adapters.table,
  };
  for (const part of parts) adapters = { ...adapters, ...part(wiring) };
  return {
    adapters,
    options: {
      settings: variables.TRAINYARD_SETTINGS,
      logger: new Logger({ serviceName: variables.AWS_LAMBDA_FUNCTION_NAME, jsonReplacerFn: logReplacer }),
    },
  };
}

/** Stands for what the topology does not let a function use: whatever of it is called throws. */
function unwired<T>(what: string): T {
  const refusing: unknown = new Proxy(() => {}, {
    get: (_, key) => (typeof key === 'string' && key !== 'then' ? refusing : undefined),
    apply: () => {
      throw new InternalError(`this function was not given ${what}, which the topology does not say that it uses`);
    },
  });
  return refusing as T;
}

const UNWIRED: Omit<Adapters, 'now'> = {
  table: unwired('the table'),
  blobs: unwired('the buckets'),
  queues: unwired('the queues'),
  events: unwired('the event bus'),
  keys: unwired('the keys'),
  compute: unwired('Compute'),
};

/** The paths of a model in the protocol: by name alone, and with a version. */
import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { resolveModel } from '#domain/models/resolve.ts';
import type { Caller, Services } from '#functions/http/route.ts';

export const OIP = '/oip/v2';

const name = z
  .string()
  .min(1)
  .max(LIMITS.modelName.max)
  .meta({ description: "The model's id, its number, or its registered name", example: 'penguins' });

const version = z.string().min(1).max(LIMITS.alias.max).meta({
  description: 'MAJOR.MINOR.PATCH, an alias of the name, or `latest`, which is the default',
  example: '1.0.0',
});

const named = z.strictObject({ name });
const versioned = z.strictObject({ name, version });

interface ModelPath {
  readonly base: string;
  readonly schema: typeof named | typeof versioned;
}

/** The path of a route below a model, once for each way to name it. */
export const forEachPath = <R>(make: (path: ModelPath) => R): R[] =>
  [
    { base: `${OIP}/models/{name}`, schema: named },
    { base: `${OIP}/models/{name}/versions/{version}`, schema: versioned },
  ].map(make);

interface Named {
  readonly caller: Caller;
  readonly path: z.output<typeof named> | z.output<typeof versioned>;
}

/** Reads the model that the path names. */
export const modelOf = ({ caller, path }: Named, { adapters }: Services) =>
  resolveModel(adapters.table, caller.accountId, path);

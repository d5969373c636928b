/** The hyperparameters of families as JSON Schema: defaults, bounds and help. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Family } from '#zoo/family.ts';
import { commonHyperparameters } from '#zoo/hyperparameters.ts';

type Properties = NonNullable<ReturnType<typeof schemaOf>['properties']>;

function schemaOf(hyperparameters: z.ZodType) {
  const { $schema, ...schema } = z.toJSONSchema(hyperparameters, { io: 'input', unrepresentable: 'any' });
  return schema;
}

/** A schema that stands alone. */
export const hyperparametersOf = ({ label, hyperparameters }: Family) => ({
  title: label,
  ...schemaOf(hyperparameters),
});

const COMMON = 'CommonHyperparameters';

/** What every family has. The OpenAPI document has it once. */
export const commonSchemas = {
  [COMMON]: {
    description: 'Hyperparameters that every model type has; where one has another default, it says so',
    ...schemaOf(z.object(commonHyperparameters)),
  },
} as const;

/** For the OpenAPI document: what a family has as every other is referred to. */
export function referringHyperparameters(family: Family) {
  const { properties = {}, ...rest } = hyperparametersOf(family);
  const common: Properties = commonSchemas[COMMON].properties ?? {};
  const referred = Object.entries(properties).map(([name, schema]) => [
    name,
    isDeepStrictEqual(schema, common[name]) ? { $ref: `#/components/schemas/${COMMON}/properties/${name}` } : schema,
  ]);
  return { ...rest, properties: Object.fromEntries(referred) };
}

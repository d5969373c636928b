/** An example of what a schema accepts, made of the examples, defaults and types of its fields. */
import { z } from 'zod';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** By format, where a field has no example of its own. */
const OF_FORMAT: Readonly<Record<string, string>> = {
  uuid: '019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55',
  'date-time': '2026-01-01T00:00:00.000Z',
  email: 'ada@example.com',
  uri: 'https://example.com/',
  password: 'correct horse',
};

/** As a request or as a response has it: a default is only missing in a request. */
export function exampleOf(schema: z.ZodType, io: 'input' | 'output'): unknown {
  const root = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return build(root, root.$defs ?? {});
}

/** Whether an example has an optional field: most are only there, or only make sense, in cases of their own. */
const isShown = ({ example, default: value }: JsonSchema): boolean => example !== undefined || value !== undefined;

/** `definitions` are those that `$ref`s refer to. A schema that contains itself is not an example's. */
function build(schema: JsonSchema, definitions: Readonly<Record<string, JsonSchema>>): unknown {
  const given = [schema.example, schema.examples?.[0], schema.default, schema.const, schema.enum?.[0]];
  const found = given.find((value) => value !== undefined);
  if (found !== undefined) return found;
  if (schema.$ref !== undefined) return build(definitions[schema.$ref.replace('#/$defs/', '')] ?? {}, definitions);
  const [alternative] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  if (alternative !== undefined) return build(alternative as JsonSchema, definitions);
  // A type that may be null is a list of types.
  switch ([schema.type].flat()[0]) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([name, of]) => schema.required?.includes(name) || isShown(of as JsonSchema))
          .map(([name, of]) => [name, build(of as JsonSchema, definitions)]),
      );
    case 'array':
      return [build((schema.items ?? {}) as JsonSchema, definitions)];
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 0, 1);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return OF_FORMAT[schema.format ?? ''] ?? 'string';
  }
}

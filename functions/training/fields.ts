/** Fields that several routes have. */
import { z } from 'zod';
import { encoderNamed } from '#domain/encoders/catalogue.ts';
import { LIMITS } from '#domain/limits.ts';
import { COMPACT_TEXT, encoderFamily, type TextFamily, textFamilies } from '#zoo/text-registry.ts';
import { ModelNotFoundError } from './errors.ts';

export const time = z.iso.datetime().meta({ example: '2026-01-01T00:00:00.000Z' });
export const modelName = z.string().min(1).max(LIMITS.modelName.max).meta({ example: COMPACT_TEXT });
export const modelPath = z.strictObject({ model_name: modelName });
export const percent = z.number().min(0).max(100).meta({ description: 'Percent', example: 65.5 });
export const version = z.string().meta({ example: 'v1.0.0' });

export const paging = {
  page: z.int().min(1).max(LIMITS.page).default(1).meta({ description: 'An addition: page number' }),
  limit: z
    .int()
    .min(1)
    .max(LIMITS.pageSize)
    .default(LIMITS.pageSize)
    .meta({ description: 'An addition: items per page' }),
};

/** The items of a page. */
export const pageOf = <T>(all: readonly T[], { page, limit }: { readonly page: number; readonly limit: number }): T[] =>
  all.slice((page - 1) * limit, page * limit);

export const totalModels = z.int().meta({ description: 'An addition: of all pages' });

/** One of the service's models, or an encoder by its repository on the hub. Throws `ModelNotFoundError`. */
export function findFamily(name: string): TextFamily {
  const family = Object.hasOwn(textFamilies, name) ? textFamilies[name] : undefined;
  if (family) return family;
  if (encoderNamed(name)) return encoderFamily(name, 'An encoder of the hub');
  throw new ModelNotFoundError(
    `Model ${name} not found; there are ${Object.keys(textFamilies).join(', ')}, encoders of the hub by owner/name, and uploaded ones by uploads/name`,
  );
}

/** The name that a model of this service has among all models of an account. */
export const registeredName = (name: string): string => `security_${name.replace('/', '--')}`;

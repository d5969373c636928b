import { ValidationError } from '#domain/errors.ts';
import type { ServedModel } from '#domain/models/record.ts';
import { VARIANT_FILES, type Variant } from './description.ts';

/** Throws `ValidationError` for a variant that the model does not have. `field` names it. */
export function expectVariant(
  { artifacts }: Pick<ServedModel, 'artifacts'>,
  variant: Variant,
  field = 'variant',
): void {
  if (variant === 'float32' || artifacts.some(({ file }) => file === VARIANT_FILES[variant])) return;
  throw ValidationError.of(field, `must be float32: the model was trained without ${variant}`);
}

/** The name of an error as the vault's document has it: `not_found` is `NotFoundError`, `integrity_error` `IntegrityError`. */
export function errorName(code: string): string {
  const words = code.split('_').filter((word) => word !== 'error');
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Error`;
}

/** Of columns without names. */
export const numberedNames = (count: number): string[] => Array.from({ length: count }, (_, i) => `column_${i + 1}`);

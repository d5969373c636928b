/** The warnings of a profile: what was found, what it costs, and the request that decides otherwise. */
import type { DatasetWarning } from '#domain/datasets/warnings.ts';
import { shortened } from '../csv/fault.ts';
import type { Place } from './candidate.ts';

/** In order of importance. */
const CODES = [
  'target_rows_left_out',
  'target_times',
  'conflicting_labels',
  'equals_target',
  'determines_target',
  'after_split',
  'features_left_out',
  'order_of_file',
  'format_differs',
  'delimiter_ambiguous',
  'lines_before_header',
  'header_like_row',
  'column_renamed',
  'decimal_ambiguous',
  'date_order_ambiguous',
  'values_unreadable',
  'row_of_words',
  'totals_row',
  'repeated_images',
  'images_not_listed',
  'pixels_missing',
  'text_left_out',
  'text_rows_left_out',
  'group_missing',
  'channels_changed',
  'identifier_left_out',
  'identifier_kept',
  'labels_separated',
  'labels_empty',
  'class_like_missing',
  'rare_class',
  'classes_merged',
  'case_variants',
  'number_variants',
  'spelling_variants',
  'mixed_units',
  'numbers_as_words',
  'numbers_in_words',
  'like_codes',
  'equal_numbers',
  'codes',
  'leading_zeros',
  'digits_lost',
  'sentinel_values',
  'missing_words',
  'mostly_empty',
  'garbled_words',
  'constant_column',
  'unique_values',
] as const;
export type WarningCode = (typeof CODES)[number];

/** How many a profile lists, and how much of a value each shows. */
const LISTED = 100;
const VALUE_CHARACTERS = 60;

export interface Finding {
  readonly code: WarningCode;
  readonly column?: string;
  /** Without a row where it stands in none. */
  readonly first?: (Pick<Place, 'value'> & Partial<Place>) | undefined;
  readonly rows: number;
  readonly message: string;
  readonly cost: string;
  readonly overrule: DatasetWarning['overrule'];
}

/** A body for `PATCH /datasets/{id}` about one column. */
export const choose = (column: string, choice: { readonly [name: string]: string | readonly string[] }) => ({
  columns: {
    [column]: Object.fromEntries(
      Object.entries(choice).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
    ),
  },
});

export const warning = ({ code, column, first, rows, message, cost, overrule }: Finding): DatasetWarning => ({
  code,
  column: column ?? null,
  first_value: first === undefined ? null : shortened(first.value, VALUE_CHARACTERS),
  first_row: first?.row ?? null,
  rows,
  message,
  cost,
  overrule,
});

/** The most important first, and no more than people read. */
export function listWarnings(found: readonly Finding[]): { warnings: DatasetWarning[]; warnings_omitted?: number } {
  const sorted = found.toSorted((a, b) => CODES.indexOf(a.code) - CODES.indexOf(b.code));
  const omitted = sorted.length - LISTED;
  return {
    warnings: sorted.slice(0, LISTED).map(warning),
    ...(omitted > 0 ? { warnings_omitted: omitted } : {}),
  };
}

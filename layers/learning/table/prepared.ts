import type { Prepared } from '../prepared.ts';
import type { TableEncoding } from './encoding.ts';

export interface PreparedTable extends Prepared {
  readonly preparation: Prepared['preparation'] & { readonly encoding: TableEncoding };
}

/** What a batch prediction has to say of the cells that it has read: words that were never seen, and what counts as missing. */
import type { BatchWarning } from '#domain/predictions/record.ts';
import { shortened, shown } from '../csv/fault.ts';
import type { ServedFeature } from '../serving/description.ts';
import type { Cell } from '../serving/input.ts';
import { unseenTest } from '../serving/unseen.ts';

const VALUE_CHARACTERS = 60;

interface Occurrences {
  rows: number;
  first: { readonly row: number; readonly value: string } | undefined;
}

const none = (): Occurrences => ({ rows: 0, first: undefined });

function occur(of: Occurrences, cell: string, row: number): void {
  of.rows++;
  of.first ??= { row, value: shortened(cell.trim(), VALUE_CHARACTERS) };
}

/** Counts the cells of one feature. */
class FeatureCells {
  readonly #feature: ServedFeature;
  readonly #isUnseen: ((cell: Cell) => boolean) | undefined;
  readonly #unseen = none();
  readonly #missing = none();
  readonly #unreadable = none();

  constructor(feature: ServedFeature) {
    this.#feature = feature;
    this.#isUnseen = unseenTest(feature);
  }

  /** @param isMissing whether the cell is empty or has a word for "no value" */
  add(cell: string, value: Cell, row: number, isMissing: (cell: string) => boolean): void {
    if (value === null) occur(isMissing(cell) ? this.#missing : this.#unreadable, cell, row);
    else if (this.#isUnseen?.(value)) occur(this.#unseen, cell, row);
  }

  get warnings(): BatchWarning[] {
    const { name: feature, type } = this.#feature;
    const about = ({ rows, first }: Occurrences) => ({
      ...{ feature, rows, first_value: first?.value ?? null, first_row: first?.row ?? null },
    });
    const found: BatchWarning[] = [];
    if (this.#unseen.rows > 0) {
      const message = `${this.#unseen.rows} rows have words that the model has not learned from, such as ${shown(this.#unseen.first!.value)}: each counts as none of those that it knows`;
      found.push({ code: 'unseen_values', ...about(this.#unseen), message });
    }
    if (this.#unreadable.rows > 0) {
      const message = `${this.#unreadable.rows} cells are not of the type ${type}, such as ${shown(this.#unreadable.first!.value)}: they count as missing`;
      found.push({ code: 'values_unreadable', ...about(this.#unreadable), message });
    }
    if (this.#missing.rows > 0) {
      const message = `${this.#missing.rows} cells are empty or have a word for "no value"`;
      found.push({ code: 'missing_values', ...about(this.#missing), message });
    }
    return found;
  }
}

export class CellCounts {
  readonly #features: readonly FeatureCells[];

  constructor(features: readonly ServedFeature[]) {
    this.#features = features.map((feature) => new FeatureCells(feature));
  }

  add(feature: number, cell: string, value: Cell, row: number, isMissing: (cell: string) => boolean): void {
    this.#features[feature]!.add(cell, value, row, isMissing);
  }

  /** At most so many, as a record has room for; those about words that were never seen come first. */
  get warnings(): readonly BatchWarning[] {
    const all = this.#features.flatMap(({ warnings }) => warnings);
    const order = ['unseen_values', 'values_unreadable', 'missing_values'];
    return all.toSorted((a, b) => order.indexOf(a.code) - order.indexOf(b.code)).slice(0, MOST);
  }
}

const MOST = 100;

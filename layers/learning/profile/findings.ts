/** What there is to say about a column: what was taken for missing, left out or read in one of several ways. */

import { DATE_ORDERS, type DateOrder } from '#domain/datasets/column-format.ts';
import { shown } from '../csv/fault.ts';
import { DECIMAL_MARKS } from '../values/number.ts';
import type { ColumnSummary } from './column.ts';
import { areCodes, canBeCategory, type Decided, hasComma } from './decide.ts';
import { areTokens, isUnique } from './identifier.ts';
import type { Leak } from './leaks.ts';
import { sentinelFindings } from './sentinels.ts';
import { choose, type Finding } from './warn.ts';

const KINDS = {
  number: 'numbers',
  timestamp: 'times',
  category: 'words',
  boolean: 'truth values',
  text: 'text',
} as const;

/** About any column that a model learns from, or could. */
export function columnFindings(summary: ColumnSummary, decided: Decided): Finding[] {
  const { name: column } = summary;
  return [
    ...unreadable(summary, decided),
    ...absent(summary, decided),
    ...open(summary, decided),
    ...written(summary, decided),
    ...sentinelFindings(summary, decided),
  ].map((finding) => ({ column, ...finding }));
}

function unreadable(summary: ColumnSummary, { type, values }: Decided): Finding[] {
  if (!values || values.unreadable === 0) return [];
  const { unreadable: rows, firstUnreadable: first } = values;
  return [
    {
      code: 'values_unreadable',
      first,
      rows,
      message: `${rows} of ${summary.present} values are not ${KINDS[type]}, as the others are`,
      cost: 'They count as missing',
      overrule: choose(summary.name, { type: 'category' }),
    },
  ];
}

function absent({ name, absent: { rows, first } }: ColumnSummary, { values }: Decided): Finding[] {
  if (rows === 0) return [];
  return [
    {
      code: 'missing_words',
      first,
      rows,
      message: `${rows} cells have a word that usually means "no value", such as ${shown(first!.value)}`,
      cost: 'They count as missing',
      // A number without words for "no value" would still have none.
      overrule: choose(name, values ? { type: 'category', missing: [] } : { missing: [] }),
    },
  ];
}

function open({ name, present, numbers, times }: ColumnSummary, decided: Decided): Finding[] {
  const { decimalIsOpen, otherOrders: [rival, ...others] = [], format } = decided;
  if (decimalIsOpen && (format.decimal === ',' || numbers.differ)) {
    const other = format.decimal === ',' ? '.' : ',';
    const isUsual =
      format.decimal === '.' && numbers.of(',').readable === numbers.of('.').readable && !hasComma(numbers);
    if (isUsual) return [];
    return [
      {
        code: 'decimal_ambiguous',
        first: numbers.differenceOf(','),
        rows: present,
        message: `The values can be read with "." and with "," as the decimal mark; they were read with ${shown(format.decimal!)}`,
        cost: 'With the wrong one, values are a thousand times too large or too small',
        overrule: choose(name, { decimal: other }),
      },
    ];
  }
  if (rival === undefined) return [];
  const order = format.date_order!;
  const parts = [order, rival, ...others].map((one) => PARTS[one]);
  return [
    {
      code: 'date_order_ambiguous',
      first: times.differenceOf(rival === DATE_ORDERS[0] ? order : rival),
      rows: present,
      message: `No date shows whether ${parts.toSorted().join(' or ')} comes first; they were read as ${order.replace('_', ' ')}`,
      cost: `With the wrong order, times are off by ${[order, rival].includes('year_first') ? 'years' : 'months'}`,
      overrule: choose(name, { date_order: rival }),
    },
  ];
}

const PARTS: Readonly<Record<DateOrder, string>> = {
  ...{ day_first: 'the day', month_first: 'the month', year_first: 'the year' },
};

function written(summary: ColumnSummary, { type, values }: Decided): Finding[] {
  const { name, present, leadingZeros, units } = summary;
  const found: Finding[] = [];
  if (leadingZeros.rows > 0 && type === 'number') {
    found.push({
      code: 'leading_zeros',
      first: leadingZeros.first,
      rows: leadingZeros.rows,
      message: `${leadingZeros.rows} of ${present} numbers begin with a 0`,
      cost: 'The zeros are lost: if these are codes, different ones may become equal',
      overrule: choose(name, { type: 'category' }),
    });
  }
  if (areCodes(summary) && type === 'category') {
    found.push({
      code: 'codes',
      first: leadingZeros.first,
      rows: leadingZeros.rows,
      message: 'The values are digits of which some begin with a 0: they are read as codes',
      cost: 'Their size and order are not used',
      overrule: choose(name, { type: 'number' }),
    });
  }
  const plain = (values?.readable ?? 0) - units.values().reduce((sum, { rows }) => sum + rows, 0);
  if (type === 'number' && units.size > 0 && (units.size > 1 || plain > 0) && !onlyGroups(summary)) {
    const [, first] = [...units].at(-1)!;
    found.push({
      code: 'mixed_units',
      first: first.first,
      rows: first.rows,
      message: `The numbers have different units: ${[...units.keys(), ...(plain > 0 ? [''] : [])].map((unit) => unit || 'none').join(', ')}`,
      cost: 'Units are left out: values of different units are compared as they are',
      overrule: choose(name, { role: 'ignore' }),
    });
  }
  if (
    type === 'number' &&
    values &&
    Math.max(Math.abs(values.moments.min), Math.abs(values.moments.max)) > Number.MAX_SAFE_INTEGER &&
    summary.allIntegers
  ) {
    found.push({
      code: 'digits_lost',
      first: summary.first,
      rows: present,
      message: 'The whole numbers have more digits than a number holds exactly',
      cost: 'Numbers that differ in the last digits become equal',
      overrule: choose(name, { role: 'id' }),
    });
  }
  return found;
}

/** Grouped digits such as 1,234 are no unit. */
const onlyGroups = ({ units }: ColumnSummary): boolean => [...units.keys()].every((unit) => unit === '');

/** About a column that is a feature. */
export function featureFindings(summary: ColumnSummary, { type }: Decided): Finding[] {
  const {
    name: column,
    present,
    distinct,
    empty,
    absent: { rows: words },
  } = summary;
  if (type === 'text') return [];
  if (distinct === 1 && empty.rows + words === 0) {
    return [
      {
        code: 'constant_column',
        column,
        first: summary.first,
        rows: present,
        message: 'All values are equal',
        cost: 'Nothing can be learned from it',
        overrule: choose(column, { role: 'ignore' }),
      },
    ];
  }
  if (type === 'category' && present >= 10 && isUnique(summary)) {
    return [
      {
        code: 'unique_values',
        column,
        first: summary.first,
        rows: present,
        message: 'No value occurs twice',
        cost: 'A model can only learn the rows by heart from it',
        overrule: choose(column, { role: 'ignore' }),
      },
    ];
  }
  return [];
}

/** About a column that is left out although its owner has not said so. */
export function leftOutFinding(summary: ColumnSummary, { type }: Decided, reason: 'text' | 'id'): Finding {
  const { name: column, present: rows, distinct } = summary;
  const first = summary.first;
  const codes = areCodes(summary);
  const mostly = reason === 'text' && !codes ? mostlyReadable(summary) : undefined;
  if (mostly) {
    return {
      ...{ code: 'text_left_out', column, first: mostly.values.firstUnreadable, rows },
      message: `${mostly.values.readable} of ${rows} values are ${KINDS[mostly.type]}; the others are of too many kinds to be words for "no value"`,
      cost: 'The column is left out of the features',
      overrule: choose(column, { type: mostly.type }),
    };
  }
  if (reason === 'id' || areTokens(summary)) {
    return {
      code: 'identifier_left_out',
      column,
      first,
      rows,
      message: 'Each row has a value of its own, as identifiers have',
      cost: 'The column is left out of the features',
      overrule: choose(column, { role: 'feature', ...(type === 'text' ? typeInstead(summary) : {}) }),
    };
  }
  const values = codes ? 'It has digits of which some begin with a 0, as codes have' : 'It is free text';
  const why = rows === 0 ? 'It has no values' : `${values}, with about ${distinct} different values`;
  return {
    code: 'text_left_out',
    column,
    first,
    rows,
    message: why,
    cost: 'The column is left out of the features',
    overrule: choose(column, typeInstead(summary)),
  };
}

/** Of words that are too many to be a category, only `compact-text` makes something. */
const typeInstead = (summary: ColumnSummary) => ({ type: canBeCategory(summary) ? 'category' : 'text' });

/** What more than half of the values of a column are that is nothing else. */
export function mostlyReadable({ numbers, times, present }: ColumnSummary) {
  const all = [
    ...DECIMAL_MARKS.map((mark) => ({ type: 'number' as const, values: numbers.of(mark) })),
    ...DATE_ORDERS.map((order) => ({ type: 'timestamp' as const, values: times.of(order) })),
  ];
  return all.find(({ values }) => 2 * values.readable > present);
}

/** About the column whose values are the groups. */
export const groupFindings = ({ name, empty: { rows, first } }: ColumnSummary): Finding[] =>
  rows === 0
    ? []
    : [
        {
          code: 'group_missing',
          column: name,
          first,
          rows,
          message: `${rows} row${rows === 1 ? ' has' : 's have'} no group`,
          cost: 'Each is a group of its own where rows are divided, and models of series learn nothing from it',
          overrule: null,
        },
      ];

export const keptIdentifierFinding = (summary: ColumnSummary): Finding => ({
  code: 'identifier_kept',
  column: summary.name,
  first: summary.first,
  rows: summary.present,
  message: 'Each row has a value of its own, as identifiers have; it is used because there is no other feature',
  cost: 'What is learned from an identifier does not hold for other rows',
  overrule: choose(summary.name, { role: 'id' }),
});

export const equalsTargetFinding = (summary: ColumnSummary, target: string): Finding => ({
  code: 'equals_target',
  column: summary.name,
  first: summary.first,
  rows: summary.present,
  message: `In every row it has the value of the target ${shown(target)}`,
  cost: 'The model learns nothing else, and its accuracy means nothing',
  overrule: choose(summary.name, { role: 'ignore' }),
});

export const determinesTargetFinding = (summary: ColumnSummary, target: string, { kind, first }: Leak): Finding => ({
  code: 'determines_target',
  column: summary.name,
  first,
  rows: summary.present,
  message:
    kind === 'code'
      ? `Each of its values stands for one value of the target ${shown(target)}, and the other way round`
      : `In every row the target ${shown(target)} is the same multiple of it, plus the same number`,
  cost: 'It is the target in another spelling: the model learns nothing else, and its scores mean nothing',
  overrule: choose(summary.name, { role: 'ignore' }),
});

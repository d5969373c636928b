/** The warnings of a dataset as they hold for a training by one family. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { Family } from '#zoo/family.ts';
import { shown } from './csv/fault.ts';
import { kindFor } from './kinds.ts';
import { choose, type Finding, warning } from './profile/warn.ts';
import { textColumn } from './text/encoding.ts';

/**
 * A column of texts is left out by most families, but one that learns from it leaves out the others; and one that learns from
 * series needs their order.
 */
export function withWarningsFor(family: Pick<Family, 'kinds'> | undefined, profile: DatasetProfile): DatasetProfile {
  const kind = family && kindFor(family, profile)?.name;
  const column = kind === 'text' ? textColumn(profile)?.name : undefined;
  const found = column === undefined ? [] : otherFeatures(profile, column);
  if (kind === 'series') found.push(...orderOfFile(profile));
  const { warnings = [] } = profile;
  const others = warnings.filter((one) => !(one.code === 'text_left_out' && one.column === column));
  if (found.length === 0 && others.length === warnings.length) return profile;
  return { ...profile, warnings: [...found.map(warning), ...others] };
}

/** So many are named. */
const NAMED = 5;

function otherFeatures({ features, rows }: DatasetProfile, column: string): Finding[] {
  const others = features.filter((name) => name !== column);
  const [first] = others;
  if (first === undefined) return [];
  const more = others.length - NAMED;
  const names = `${others.slice(0, NAMED).map(shown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return [
    {
      code: 'features_left_out',
      column: first,
      rows,
      message: `The model type learns from the column ${shown(column)} alone; left out are ${names}`,
      cost: 'What they say of the target is not learned. Other model types learn from them, and leave out the text',
      overrule: null,
    },
  ];
}

function orderOfFile({ columns, rows }: DatasetProfile): Finding[] {
  const having = (wanted: 'group' | 'time') => columns.some(({ role }) => role === wanted);
  if (having('time')) return [];
  const series = having('group') ? 'The rows of each group' : 'All rows are one series, and they';
  const time = columns.find(({ type, role }) => type === 'timestamp' && role === 'feature')?.name;
  return [
    {
      code: 'order_of_file',
      rows,
      message: `${series} are taken in the order of the file: no column has the role "time"${having('group') ? '' : ', and none the role "group"'}`,
      cost: 'If the file has another order, or several series, a window mixes rows that do not follow each other',
      overrule: time === undefined ? null : choose(time, { role: 'time' }),
    },
  ];
}

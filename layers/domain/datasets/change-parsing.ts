/** A change of what is said about how a file is read: a merge patch (RFC 7396). */
import { type ColumnChoice, type ParsingOptions, parsingOptions } from './parsing-options.ts';

type Nullable<T> = { readonly [K in keyof T]?: T[K] | null };

export interface ParsingChange extends Nullable<Omit<ParsingOptions, 'columns'>> {
  readonly columns?: { readonly [name: string]: Nullable<ColumnChoice> | null };
}

/** @param target the column that is named as the target, null if none is any more: then no role names one */
export function changedParsing(
  before: ParsingOptions,
  { columns = {}, ...change }: ParsingChange,
  target: string | null | undefined,
): ParsingOptions {
  const kept = Object.entries(before.columns ?? {}).map(
    ([name, choice]) => [name, target === undefined ? choice : withoutTarget(choice)] as const,
  );
  const merged: Record<string, ColumnChoice> = Object.fromEntries(kept);
  for (const [name, choice] of Object.entries(columns)) {
    const known = Object.hasOwn(merged, name) ? merged[name]! : {};
    merged[name] = choice === null ? {} : present({ ...known, ...choice });
    // There is one target: naming it takes the role from the column that had it.
    if (choice?.role !== 'target') continue;
    for (const other of Object.keys(merged))
      if (other !== name && !(other in columns)) merged[other] = withoutTarget(merged[other]!);
  }
  const said = Object.entries(merged).filter(([, choice]) => Object.keys(choice).length > 0);
  const { columns: _, ...rest } = before;
  return parsingOptions.parse({
    ...present({ ...rest, ...change }),
    ...(said.length === 0 ? {} : { columns: Object.fromEntries(said) }),
  });
}

const withoutTarget = ({ role, ...rest }: ColumnChoice): ColumnChoice =>
  role === undefined || role === 'target' ? rest : { role, ...rest };

const present = <T extends object>(of: T): { [K in keyof T]: Exclude<T[K], null> } =>
  Object.fromEntries(Object.entries(of).filter(([, value]) => value !== null)) as {
    [K in keyof T]: Exclude<T[K], null>;
  };

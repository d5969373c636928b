/** Columns with the same name, which become different ones as they do in pandas: `a`, `a.1`, `a.2`. */
import { expectHeader } from '../csv/record-check.ts';

export interface RenamedColumn {
  /** As it is in the file. */
  readonly from: string;
  readonly to: string;
}

export interface ColumnNames {
  readonly header: readonly string[];
  readonly renamed: readonly RenamedColumn[];
}

/** As they are in the file. */
export const namesInFile = ({ header, renamed }: ColumnNames): string[] =>
  header.map((name) => renamed.find(({ to }) => to === name)?.from ?? name);

/** @throws ValidationError with field `file`, if one becomes too long */
export function distinctNames(names: readonly string[]): ColumnNames {
  const taken = new Set(names);
  if (taken.size === names.length) return { header: names, renamed: [] };
  const seen = new Map<string, number>();
  const renamed: RenamedColumn[] = [];
  const header = names.map((name) => {
    const times = seen.get(name) ?? 0;
    if (times === 0) {
      seen.set(name, 1);
      return name;
    }
    let number = times;
    while (taken.has(`${name}.${number}`)) number++;
    seen.set(name, number + 1);
    const to = `${name}.${number}`;
    taken.add(to);
    renamed.push({ from: name, to });
    return to;
  });
  expectHeader(header);
  return { header, renamed };
}

/** What the target is: which task, which rows have it, and what its classes are. */
import type { ColumnFormat, Separator } from '#domain/datasets/column-format.ts';
import type { Task } from '#domain/datasets/profile.ts';
import type { Place } from './candidate.ts';
import { type ClassCount, classesOf } from './classes.ts';
import type { ColumnSummary } from './column.ts';
import { type Conventions, type Decided, decide, type Saying, wordsOf } from './decide.ts';
import { columnFindings } from './findings.ts';
import { countLabels, guessSeparator, separatorFinding } from './labels.ts';
import { areTimes, expectLabels, taskOf } from './target.ts';
import { classFindings, targetRowsFinding, timesFinding } from './target-findings.ts';
import { variantFindings } from './variants.ts';
import type { Finding } from './warn.ts';

export interface JudgedTarget {
  readonly task: Task;
  readonly classes: readonly ClassCount[];
  /** Rows without a target. */
  readonly without: number;
  readonly decided: Decided;
  readonly found: readonly Finding[];
}

interface TargetSaying {
  readonly task: Task | 'auto';
  readonly said: Saying;
  readonly conventions: Conventions;
  /** Whether a cell may have several labels. Default: yes. */
  readonly mayBeLists?: boolean;
}

/** @throws ValidationError with field `target` */
export function judgeTarget(
  summary: ColumnSummary,
  rows: number,
  { task: asked, said, conventions, mayBeLists = true }: TargetSaying,
): JudgedTarget {
  const numeric = decide(summary, { ...said, type: 'number' }, conventions);
  const numbers = numeric.values!;
  const kind = said.type === 'category' || said.type === 'text' ? 'text' : wordsOf(summary, numbers);
  // `5 mg` is a class as it is written.
  const words = kind === 'number' && hasUnits(summary) ? 'text' : kind;
  // Only an empty cell is surely no class.
  const { decimal } = numeric.format;
  const format: ColumnFormat = { words, composed: true, decimal, missing: [...(said.missing ?? [])] };
  const classes = classesOf(summary, format);
  const areNumbers = said.type === 'number' || kind === 'number';
  const separator = said.separator ?? (areNumbers || !mayBeLists ? undefined : guessSeparator(summary));
  const areLists = separator !== undefined;
  const task = taskOf({ summary, numbers, areNumbers, classes, areLists }, asked);
  if (task === 'multilabel') return judgeLabels(summary, rows, { format, separator, said });
  if (task === 'regression') {
    const without = rows - numbers.readable;
    const first = earliest(summary.empty.first, summary.absent.first, numbers.firstUnreadable);
    const written = columnFindings(summary, numeric).filter(({ code }) => !ABOUT_MISSING.includes(code));
    const found = without > 0 ? [targetRowsFinding(summary, { rows: without, first, task }), ...written] : written;
    return { task, classes, without, decided: numeric, found };
  }
  const type = summary.isBoolean ? 'boolean' : words === 'number' ? 'number' : 'category';
  const without = rows - classes.reduce((sum, { count }) => sum + count, 0);
  const hasWords = said.missing !== undefined && said.missing.length > 0;
  const first = earliest(summary.empty.first, hasWords ? summary.absent.first : undefined);
  const decided = { type, format, ...(type === 'number' ? { values: numbers } : {}) } as const;
  const found = [...classFindings(summary, classes, said.missing), ...variantFindings(summary, decided, classes)];
  if (areTimes(summary)) found.push(timesFinding(summary, classes.length));
  if (without > 0) found.push(targetRowsFinding(summary, { rows: without, first, task, hasWords }));
  return { task, classes, without, decided, found };
}

/** Cells that are grouped alone, as `1,234` is, have the unit ''. */
const hasUnits = ({ units }: ColumnSummary): boolean => [...units.keys()].some((unit) => unit !== '');

interface LabelSaying {
  readonly format: ColumnFormat;
  readonly separator: Separator | undefined;
  readonly said: Saying;
}

/** Where nothing separates cells, each is one label. */
const USUAL_SEPARATOR = '|';

function judgeLabels(
  summary: ColumnSummary,
  rows: number,
  { format: own, separator, said }: LabelSaying,
): JudgedTarget {
  const between = separator ?? USUAL_SEPARATOR;
  const format: ColumnFormat = { ...own, words: 'text', separator: between };
  const { labels: classes, rows: labelled } = countLabels(summary, format, between);
  expectLabels(summary, classes);
  const without = rows - labelled;
  const first = earliest(summary.empty.first);
  const found: Finding[] = said.separator === undefined && separator ? [separatorFinding(summary, separator)] : [];
  if (without > 0) found.push(targetRowsFinding(summary, { rows: without, first, task: 'multilabel' }));
  return { task: 'multilabel', classes, without, decided: { type: 'category', format }, found };
}

/** Of a target, the rows that are left out are said in one. */
const ABOUT_MISSING: readonly string[] = ['missing_words', 'values_unreadable'];

const earliest = (...places: readonly (Place | undefined)[]): Place | undefined =>
  places.filter((place) => place !== undefined).toSorted((a, b) => a.row - b.row)[0];

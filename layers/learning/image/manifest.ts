/** A list of images with their labels: a CSV or JSON file beside them. */
import { fileFault, shown } from '../csv/fault.ts';
import { readCsv } from '../csv/read.ts';
import { expectDistinctNames } from '../csv/record-check.ts';
import { chooseTarget } from '../profile/target.ts';

export interface ManifestRow {
  /** From 1. */
  readonly row: number;
  /** Relative to the manifest, with slashes. */
  readonly file: string;
  /** Empty where there is none. */
  readonly label: string;
}

export interface Manifest {
  /** The name of the column of labels. */
  readonly target: string;
  readonly rows: readonly ManifestRow[];
}

const FILE_NAMES = ['file', 'file_name', 'filename', 'path', 'image', 'image_path'];

/** As programs on Windows do not write it. */
const withSlashes = (file: string): string => file.replaceAll('\\', '/');

/** @throws ValidationError with field `file`, or `target` if there is no such column */
export async function readManifest(name: string, bytes: Uint8Array, target?: string): Promise<Manifest> {
  if (/\.csv$/i.test(name)) return fromCsv(name, bytes, target);
  return fromJson(name, Buffer.from(bytes).toString('utf8'), target);
}

async function fromCsv(name: string, bytes: Uint8Array, target?: string): Promise<Manifest> {
  const { header, rows } = await readCsv(
    (async function* () {
      yield bytes;
    })(),
  );
  expectDistinctNames(header);
  const { fileAt, labelAt } = places(name, header, target);
  const found: ManifestRow[] = [];
  for await (const record of rows) {
    found.push({
      row: found.length + 1,
      file: withSlashes(record[fileAt] ?? ''),
      label: (record[labelAt] ?? '').trim(),
    });
  }
  return { target: header[labelAt]!, rows: found };
}

function places(name: string, header: readonly string[], target?: string): { fileAt: number; labelAt: number } {
  const fileAt = header.findIndex((column) => FILE_NAMES.includes(column.toLowerCase()));
  if (fileAt < 0 || header.length < 2) {
    throw fileFault(
      `manifest ${shown(name)} must have a column ${FILE_NAMES.join(', ')} and one of labels; got ${header.map(shown).join(', ')}`,
    );
  }
  return { fileAt, labelAt: chooseTarget(header, target, (column) => column !== header[fileAt]) };
}

/** `[{"file": …, "label": …}, …]`, the same in lines, or `{"cat/1.png": "cat", …}`. */
function fromJson(name: string, text: string, target?: string): Manifest {
  const given = parsed(name, text);
  if (!Array.isArray(given)) {
    const rows = Object.entries(given).map(([file, label], i) => ({
      row: i + 1,
      file: withSlashes(file),
      label: labelOf(name, i + 1, label),
    }));
    return { target: target ?? 'label', rows };
  }
  const header = [...new Set(given.flatMap((row) => (isObject(row) ? Object.keys(row) : [])))];
  const { fileAt, labelAt } = places(name, header, target);
  const [file, label] = [header[fileAt]!, header[labelAt]!];
  const rows = given.map((row: unknown, i) => {
    if (!isObject(row) || typeof row[file] !== 'string') {
      throw fileFault(
        `manifest ${shown(name)}, row ${i + 1}: must be an object with a text ${shown(file)}; got ${shown(JSON.stringify(row))}`,
      );
    }
    return { row: i + 1, file: withSlashes(row[file]), label: labelOf(name, i + 1, row[label]) };
  });
  return { target: label, rows };
}

function parsed(name: string, text: string): readonly unknown[] | Readonly<Record<string, unknown>> {
  try {
    const isLines = /\.jsonl$/i.test(name);
    const given: unknown = isLines
      ? text
          .split('\n')
          .filter((line) => line.trim() !== '')
          .map((line) => JSON.parse(line))
      : JSON.parse(text);
    if (Array.isArray(given) || isObject(given)) return given;
  } catch (error) {
    throw fileFault(`manifest ${shown(name)} must be JSON: ${error instanceof Error ? error.message : error}`);
  }
  throw fileFault(`manifest ${shown(name)} must be an array of objects, or an object of labels by file`);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function labelOf(name: string, row: number, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') {
    throw fileFault(
      `manifest ${shown(name)}, row ${row}: a label must be a text or a number; got ${shown(JSON.stringify(value))}`,
    );
  }
  return String(value).trim();
}

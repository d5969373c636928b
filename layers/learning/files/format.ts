/** Which format a file has: by its content, whatever it is called. */
import { type Compression, type FileFormat, FORMAT_NAMES, type StoredFormat } from '#domain/datasets/file-format.ts';
import { utf16Of } from '../csv/bytes.ts';

const GZIP = Buffer.from([0x1f, 0x8b]);
const ZIP = Buffer.from('PK\x03\x04', 'latin1');
const EMPTY_ZIP = Buffer.from('PK\x05\x06', 'latin1');
const PARQUET = Buffer.from('PAR1');

/** Enough to recognise a format; blanks before JSON aside. */
export const BEGINNING_BYTES = 1024;

export function compressionOf(beginning: Buffer): Compression | undefined {
  const begins = (bytes: Buffer) => beginning.subarray(0, bytes.length).equals(bytes);
  if (begins(GZIP)) return 'gzip';
  return begins(ZIP) || begins(EMPTY_ZIP) ? 'zip' : undefined;
}

/** Of bytes that are not compressed. Delimited text is told apart by its delimiter, once that is known. */
export function contentOf(beginning: Buffer): 'parquet' | 'json' | 'jsonl' | 'delimited' {
  if (isParquet(beginning)) return 'parquet';
  const text = decoded(beginning).replace('\uFEFF', '').trimStart();
  if (JSON_ARRAY.test(text)) return 'json';
  return JSON_LINE.test(text) ? 'jsonl' : 'delimited';
}

/** A table of text may have a column of the name PAR1. */
function isParquet(beginning: Buffer): boolean {
  const next = beginning.toString('latin1', PARQUET.length, PARQUET.length + 1);
  return beginning.subarray(0, PARQUET.length).equals(PARQUET) && !(next !== '' && ',;\t|\r\n'.includes(next));
}

/** JSON in UTF-16 is told apart, too, so that what is said of it is said of JSON. */
function decoded(beginning: Buffer): string {
  const encoding = utf16Of(beginning);
  return encoding === undefined ? beginning.toString('utf8') : new TextDecoder(encoding).decode(beginning);
}

/** An array of records; also one of numbers or words, which is refused as one. */
const JSON_ARRAY = /^\[\s*(?:[[{\]]|$|(?:-?\d+(?:\.\d+)?|true|false|null)\s*[,\]])/;
const JSON_LINE = /^(?:\{\s*(?:["}]|$)|\[\s*")/;

const EXTENSIONS: Readonly<Record<string, FileFormat | Compression>> = {
  csv: 'csv',
  tsv: 'tsv',
  json: 'json',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  parquet: 'parquet',
  gz: 'gzip',
  gzip: 'gzip',
  zip: 'zip',
};

/** What a file's name says that its content does not, such as `CSV` of a Parquet file; undefined where they agree. */
export function misnamed(name: string, { format, compression }: StoredFormat): FileFormat | Compression | undefined {
  const [last, before] = name.toLowerCase().split('.').slice(1).reverse();
  const said = EXTENSIONS[last ?? ''];
  if (said === undefined) return undefined;
  const saysPacked = said === 'gzip' || said === 'zip';
  if ((saysPacked ? said : undefined) !== compression) return said;
  // An archive may have any name before its extension.
  const content = saysPacked ? EXTENSIONS[before ?? ''] : said;
  if (content === undefined || content === format || content === compression) return undefined;
  // Files with tabs, semicolons and the like are called CSV as well.
  return content === 'csv' && format === 'tsv' ? undefined : content;
}

/** Only what it says of the format. */
export const storedFormat = ({ format, compression }: StoredFormat): StoredFormat & { compression?: Compression } => ({
  format,
  ...(compression === undefined ? {} : { compression }),
});

/** Such as `CSV packed with gzip`. */
export const formatName = ({ format, compression }: StoredFormat): string =>
  compression === undefined ? FORMAT_NAMES[format] : `${FORMAT_NAMES[format]} packed with ${FORMAT_NAMES[compression]}`;

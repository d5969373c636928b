/** The formats in which a table may be uploaded. */
export const FILE_FORMATS = ['csv', 'tsv', 'json', 'jsonl', 'parquet'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

export const COMPRESSIONS = ['gzip', 'zip'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** What the bytes of a file are, whatever it is called. */
export interface StoredFormat {
  readonly format: FileFormat;
  readonly compression?: Compression | undefined;
}

/** What messages call them. */
export const FORMAT_NAMES: Readonly<Record<FileFormat | Compression, string>> = {
  csv: 'CSV',
  tsv: 'TSV',
  json: 'JSON',
  jsonl: 'JSON Lines',
  parquet: 'Parquet',
  gzip: 'gzip',
  zip: 'ZIP',
};

type MaybeFormat = { readonly [K in keyof StoredFormat]?: StoredFormat[K] | undefined };

/** Records of earlier builds do not say their format: it is CSV. */
export const contentTypeOf = ({ format = 'csv', compression }: MaybeFormat): string =>
  CONTENT_TYPES[compression ?? format];

const CONTENT_TYPES: Readonly<Record<FileFormat | Compression, string>> = {
  csv: 'text/csv; charset=utf-8',
  tsv: 'text/tab-separated-values; charset=utf-8',
  json: 'application/json',
  jsonl: 'application/jsonl',
  parquet: 'application/vnd.apache.parquet',
  gzip: 'application/gzip',
  zip: 'application/zip',
};

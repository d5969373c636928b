/** The bounds of every input, in one place; documents and error messages take them from here. */
export const LIMITS = {
  username: { min: 3, max: 64 },
  password: { min: 8, max: 256 },
  fullName: { max: 200 },
  email: { max: 254 },
  datasetName: { max: 200 },
  description: { max: 2000 },
  modelName: { max: 200 },
  /** Per account. */
  activeJobs: 5,
  /** Of one page of a listing. */
  pageSize: 100,
  page: 1_000_000,
  jsonBodyBytes: 1_048_576,
  csv: {
    columns: 2_000,
    columnNameCharacters: 256,
    /** Of one cell. */
    cellBytes: 1_048_576,
    rows: 100_000_000,
  },
  predictRows: 10_000,
  /** Of a multipart upload: the minimum size of a part, the maximum number of parts and file size, the time limit. */
  upload: { partBytes: 16 * 1_048_576, parts: 1000, fileBytes: 1_000_000_000_000, seconds: 86_400 },
} as const;

/** The rate limits of the specification. */
export const RATES = {
  authenticatedPerHour: 1000,
  anonymousPerHour: 100,
  loginFailures: 5,
  /** How long failures count. */
  loginWindowSeconds: 900,
} as const;

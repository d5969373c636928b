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
  datasets: 10_000,
  models: 10_000,
  activeJobs: 5,
  /** Of a job. */
  budgetSeconds: 31_536_000,
  budgetDollars: 1_000_000,
  /** Streams of events that are open at once. */
  streams: 5,
  users: 100,
  apiKeys: 100,
  /** Days for which an invitation can be used, at the most. */
  invitationDays: 30,
  /** Of one listing. */
  pageSize: 100,
  page: 1_000_000,
  /** Of one response with a job's log. */
  logLines: 1_000,
  jsonBodyBytes: 1_048_576,
  csv: {
    columns: 2_000,
    columnNameCharacters: 256,
    /** Of one cell. */
    cellBytes: 1_048_576,
    rows: 100_000_000,
  },
  predictRows: 10_000,
  /** What an error says at most: how many details, and the bytes of its body whatever the surface. */
  error: { details: 20, bytes: 65_536 },
  /** Of an upload in parts: the least size of a part, the most parts, the largest file, and how long it may take. */
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

/** The bounds of every input, in one place; documents and error messages take them from here. */
export const LIMITS = {
  username: { min: 3, max: 64 },
  password: { min: 8, max: 256 },
  fullName: { max: 200 },
  email: { max: 254 },
  datasetName: { max: 200 },
  description: { max: 2000 },
  modelName: { max: 200 },
  /** Of a file of a model. */
  artifactName: { max: 100 },
  alias: { max: 64 },
  /** Of one name. */
  aliases: 100,
  /** Of one model. */
  tags: { count: 50, name: 128, value: 256 },
  notes: { max: 10_000 },
  /** Of a model of others that comes in parts: weights are read tensor by tensor, an ONNX model is in memory as a whole. */
  importBytes: { weights: 2 ** 30, onnx: 200_000_000 },
  /** How many models are compared at once, and shown in a lineage. */
  comparedModels: { min: 2, max: 10 },
  lineageModels: 20,
  /** Per account. */
  activeJobs: 5,
  activeBatches: 5,
  /** Of a sweep. */
  trials: 100,
  sweepValues: 100,
  /** Of a job. */
  budgetSeconds: { min: 0.001, max: 31_536_000 },
  budgetDollars: { min: 0.000001, max: 1_000_000 },
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
  /** That read one table, however many processors there are: more would wait for the one that finds the cells. */
  readingThreads: 4,
  /** Of an archive. Up to `anyBytes` an entry may unpack to any multiple of its packed size. */
  zip: { entries: 200_000, ratio: 500, anyBytes: 16 * 1_048_576 },
  /** Of an image: its file, its pixels and sides before it is scaled, and what a network takes of it. All files of a request have no more pixels than one may have. */
  image: {
    bytes: 64 * 1_048_576,
    pixels: 64_000_000,
    side: 65_535,
    manifestBytes: 64 * 1_048_576,
    network: 512,
    imported: 4_096,
  },
  /** Of NumPy arrays of images: how many, the numbers of each, and the characters of different labels. */
  imageArrays: { images: 4_000_000, numbers: 4 * 2_048 * 2_048, labelCharacters: 16 * 1_048_576 },
  /** Of a NumPy array in Fortran order, which is in memory as a whole while it is read. */
  fortranOrderBytes: 128 * 1_048_576,
  /** Of what is said about how a file is to be read. */
  parsing: { words: 50, wordCharacters: 64 },
  /** Of a preview. */
  previewRows: 100,
  /** A labelled text, its label, and the different labels of a file. */
  text: { bytes: 1_048_576, label: 100, labels: 50 },
  /** A name below `training_data/`. */
  trainingFileName: { max: 200 },
  predictRows: 10_000,
  /** That the file of a batch prediction repeats. */
  includedColumns: 100,
  /** Texts of one request. */
  predictTexts: 1_000,
  predictionLog: {
    /** For which what is logged is stored. */
    days: { min: 1, default: 30, max: 365 },
    /** Of one row's input; a larger one is left out of the log. */
    inputBytes: 16_384,
    /** Of one request: its first rows are logged. */
    requestBytes: 200_000,
    /** Of one model, before compression. */
    bytesPerDay: 64 * 1_048_576,
    /** Of one feedback. */
    truthCharacters: 256,
    note: 2000,
    /** Which one answer about drift or accuracy reads at most. */
    files: 400,
    rows: 100_000,
    feedback: 10_000,
  },
  /** Of an error: the maximum of details, and of bytes of its body whatever the surface. */
  error: { details: 20, bytes: 65_536 },
  webhooks: {
    /** Per account. */
    count: 20,
    urlCharacters: 2048,
    /** Patterns of one webhook. */
    events: 20,
    description: 500,
    filterCharacters: 500,
    filterComparisons: 10,
    secretBytes: { min: 24, max: 64 },
    /** Secrets of one webhook that sign at the same time, the current one included. */
    secrets: 5,
    /** How long a replaced secret still signs. */
    overlapSeconds: { default: 86_400, max: 7 * 86_400 },
    /** How long deliveries, and the events that can be replayed, are stored. */
    retentionSeconds: 30 * 86_400,
    /** Of a response, as the log of deliveries shows it. */
    responseBytes: 1024,
  },
  vault: {
    /** Of the name of a manager, a model, a backup or a tag. */
    name: 128,
    /** Per account. */
    managers: 100,
    /** Of one model. */
    tags: 50,
    /** Of a model's metadata as JSON. */
    metadataBytes: 131_072,
    /** Of one model: those by which it is listed, searched and compared. */
    metrics: 100,
    password: { min: 1, max: 1024 },
    modelPath: 255,
    /** Of one request. */
    comparedModels: 100,
    /** Models of the platform that were made of one of the vault. */
    servedModels: 100,
    namedModels: 1000,
    pageSize: 1000,
  },
  catalog: {
    name: 200,
    modelId: 200,
    region: 100,
    operatorId: 128,
    maxTokens: 1_000_000_000,
    temperature: 2,
    topP: 1,
    /** Of an entry: the last that its key has room for. */
    id: 999_999_999_999_999,
    /** Entries of one export or import. */
    transferred: 100,
  },
  /** How long a notice to an account is stored. */
  noticeSeconds: 90 * 86_400,
  /** Of a multipart upload: the minimum size of a part, the maximum number of parts and file size, the time limit. */
  upload: { partBytes: 16 * 1_048_576, parts: 1000, fileBytes: 1_000_000_000_000, seconds: 86_400 },
} as const;

/** The rate limits of the specification, and the limits of failed logins. */
export const RATES = {
  authenticatedPerHour: 1000,
  anonymousPerHour: 100,
  documentsPerHour: 300,
  loginFailures: 5,
  loginFailuresPerAddress: 25,
  loginFailuresPerName: 25,
  /** How long failures count. */
  loginWindowSeconds: 900,
  loginKnownSeconds: 30 * 86_400,
} as const;

/**
 * The billable parts of typical workloads. Requests to the table, the buckets, the queues and the bus are counted: a
 * test does the work on one machine and counts as AWS does (`test/infra/aws/work.test.ts`). Seconds are estimates,
 * above what was measured on the emulator, on two busy cores: a request 12 to 20 ms from end to end, profiling a small
 * table 0.2 to 1.2 s, training it 2 to 9 s. The dashboard of a deployment shows your own.
 */
export const HOURS_A_MONTH = 730;

/** One authenticated request, such as for a training's status. */
export const REQUEST = {
  /** Memory and duration of its function. */
  memoryGb: 1,
  seconds: 0.03,
  /** Of the session and of the resource. Strongly consistent, up to 4 KB: one unit each. Counted. */
  tableReads: 2,
  /** The caller's counter. Counted. */
  tableWrites: 1,
  /** Our line (counted: at most half of this), Lambda's own report, and the gateway's access log: estimated. */
  logBytes: 1200,
  /** Headers and body; counted without the headers. */
  answerBytes: 2000,
} as const;

/** One training of a small table, from the upload to the model, in a function. */
export const TRAINING = {
  requests: 25,
  profileSeconds: 2,
  profileGb: 2,
  trainSeconds: 20,
  trainGb: 2.9375,
  /** Counted, for a training that ends at once … */
  tableWrites: 220,
  /** … and for each second that it lasts: two reports, each also in the index while the job is active. */
  tableWritesASecond: 4,
  tableReads: 24,
  objectWrites: 15,
  objectReads: 22,
  /** Two messages, each sent, received and deleted. */
  messages: 6,
  /** One at each 10 % among them. */
  events: 15,
  /** Finding the webhooks that want an event, for each: not counted, as is the memory of its function. */
  matchSeconds: 0.05,
  matchGb: 0.5,
  /** Estimated, as is the next. */
  logBytes: 40_000,
  /** What stays stored, in GB. */
  storedGb: 0.003,
} as const;

/** A training that is too long for a function: an hour on one machine. */
export const LONG_TRAINING = { machineHours: 1.1, volumeGb: 100 } as const;

/**
 * What the usual work is made of, as far as it is paid for. Reads and writes are counted in the code; seconds and bytes are
 * estimates, to be replaced by what the dashboard of a deployment shows.
 */
export const HOURS_A_MONTH = 730;

/** One request by somebody who is logged in, such as the state of a training. */
export const REQUEST = {
  /** GB and seconds of its function. */
  memoryGb: 1,
  seconds: 0.03,
  /** Of the session, and of what was asked for. Strongly consistent, up to 4 KB: one unit each. */
  tableReads: 2,
  /** The caller's counter. */
  tableWrites: 1,
  /** One line, and one in the gateway's own log. */
  logBytes: 1200,
  answerBytes: 2000,
} as const;

/** One training of a small table, from the upload to the model, in a function. */
export const TRAINING = {
  requests: 25,
  profileSeconds: 2,
  profileGb: 2,
  trainSeconds: 20,
  trainGb: 2.9375,
  /** Records, heartbeats and progress; each is also in the index while its job is active. */
  tableWrites: 90,
  tableReads: 60,
  objectWrites: 8,
  objectReads: 6,
  messages: 12,
  events: 30,
  logBytes: 40_000,
  /** What stays of it, in GB. */
  storedGb: 0.003,
} as const;

/** One that is too long for a function: an hour on one machine. */
export const LONG_TRAINING = { machineHours: 1.1, volumeGb: 100 } as const;

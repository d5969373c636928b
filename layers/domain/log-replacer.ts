/** Of one text, and of one list: a log line is to be read, and an error may hold all that a caller or a service sent. */
const MOST_CHARACTERS = 16_384;
const MOST_ITEMS = 50;

/**
 * A replacer of `JSON.stringify` that keeps log lines short. Of a long text both ends stay: the message of an error is at
 * the beginning of its stack, and the place at the end.
 */
export function logReplacer(_key: string, value: unknown): unknown {
  if (typeof value === 'string' && value.length > MOST_CHARACTERS) {
    const [beginning, end] = [value.slice(0, MOST_CHARACTERS / 2), value.slice(-MOST_CHARACTERS / 2)];
    return `${beginning.toWellFormed()} … ${value.length - MOST_CHARACTERS} characters left out … ${end.toWellFormed()}`;
  }
  if (Array.isArray(value) && value.length > MOST_ITEMS) {
    return [...value.slice(0, MOST_ITEMS), `… ${value.length - MOST_ITEMS} items left out`];
  }
  return value;
}

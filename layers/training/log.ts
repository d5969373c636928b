/** A trainer's log: each call writes one line. */
export type Log = (level: 'INFO' | 'WARN' | 'ERROR', message: string, more?: object) => void;

/** Where a trainer writes what it does: one call, one line. */
export type Log = (level: 'INFO' | 'WARN' | 'ERROR', message: string, more?: object) => void;

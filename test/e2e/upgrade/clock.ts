/**
 * Options of `node` for a process, and its worker threads, in which the time is `milliseconds` later than on the clock.
 * A data folder of last year is so opened minutes after it was written: its tokens have not expired, and what was due
 * soon is due.
 */
export function laterBy(milliseconds: number): readonly string[] {
  const script = `
    const RealDate = Date;
    const now = () => RealDate.now() + ${milliseconds};
    globalThis.Date = new Proxy(RealDate, {
      construct: (target, args) => new target(...(args.length === 0 ? [now()] : args)),
      get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
    });`;
  return [`--import=data:text/javascript,${encodeURIComponent(script)}`];
}

import { testClock } from '../conformance/table/subject.ts';
import { type MiniStack, startMiniStack } from './ministack.ts';

/** An emulator, and a clock that it shares with the test: it stands still until the test moves it. */
export async function startWithClock() {
  const clock = testClock();
  const stack: MiniStack = await startMiniStack({ clock: clock.seconds() });
  const advance = (seconds: number): void => {
    clock.advance(seconds);
    stack.setClock(clock.seconds());
  };
  return { stack, now: clock.now, seconds: clock.seconds, advance };
}

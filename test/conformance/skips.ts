import { test } from '@jest/globals';

/** Cases by their titles, each with the reason why this implementation, or this emulator of it, is not held to it. */
export type Skips = Readonly<Record<string, string>>;

export type Test = (title: string, run: () => Promise<void>) => void;

/** `test`, which skips what is listed and says why. */
export const testUnless =
  (skips: Skips): Test =>
  (title, run) => {
    const reason = Object.hasOwn(skips, title) ? skips[title] : undefined;
    if (reason === undefined) test(title, run);
    else test.skip(`${title} [${reason}]`, run);
  };

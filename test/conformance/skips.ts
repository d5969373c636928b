import { test } from '@jest/globals';

/** Cases by their titles, each with the reason why this implementation, or its emulator, skips it. */
export type Skips = Readonly<Record<string, string>>;

export type Test = (title: string, run: () => Promise<void>) => void;

/** `test`, which skips the listed cases with the reason in the title. */
export const testUnless =
  (skips: Skips): Test =>
  (title, run) => {
    const reason = Object.hasOwn(skips, title) ? skips[title] : undefined;
    if (reason === undefined) test(title, run);
    else test.skip(`${title} [${reason}]`, run);
  };

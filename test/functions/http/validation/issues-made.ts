import { z } from 'zod';

/** How many issues zod made while `during` ran: each asks for its message. Those made for alternatives that failed count too. */
export async function issuesMade(during: () => unknown): Promise<number> {
  const before = z.config().customError;
  let made = 0;
  z.config({
    customError: () => {
      made += 1;
      return undefined;
    },
  });
  try {
    await during();
  } finally {
    z.config({ customError: before });
  }
  return made;
}

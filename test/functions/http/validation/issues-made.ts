import { z } from 'zod';

/** How many issues zod made while `during` ran: each asks for its message. Those made for alternatives that failed count too. */
export function issuesMade(during: () => void): number {
  const before = z.config().customError;
  let made = 0;
  z.config({
    customError: () => {
      made += 1;
      return undefined;
    },
  });
  try {
    during();
  } finally {
    z.config({ customError: before });
  }
  return made;
}

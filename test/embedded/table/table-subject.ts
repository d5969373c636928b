import { openEmbedded } from '#embedded/open.ts';
import { type TableSubject, testClock } from '../../conformance/table/subject.ts';
import { embeddedOptions, temporaryFolder } from '../folder.ts';

/** A new table on SQLite, through two connections. */
export async function openTableSubject(): Promise<TableSubject> {
  const { dir, remove } = await temporaryFolder();
  const clock = testClock();
  const options = { ...embeddedOptions(dir), now: clock.now };
  const [one, two] = [await openEmbedded(options), await openEmbedded(options)];
  return {
    table: one.table,
    other: two.table,
    advance: clock.advance,
    seconds: clock.seconds,
    close: async () => {
      await one.close();
      await two.close();
      await remove();
    },
  };
}

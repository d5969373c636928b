/** Adds so many to an item's counter and to a counter, one after another, in a process of its own. Arguments: the folder, how many. */
import { openEmbedded } from '#embedded/open.ts';
import { embeddedOptions } from './folder.ts';

const [dir = '', times = ''] = process.argv.slice(2);
const { table, close } = await openEmbedded(embeddedOptions(dir));
const counter = { pk: 'shared', sk: 'counter' };
for (let n = 0; n < Number(times); n += 1) {
  await Promise.all([table.update(counter, { add: { n: 1 } }), table.increment(counter, 'n', Number.MAX_SAFE_INTEGER)]);
}
await close();
process.stdout.write('counted\n');

/** Adds so many to a counter, one after another, in a process of its own. Arguments: the folder, how many. */
import { openEmbedded } from '#embedded/open.ts';
import { embeddedOptions } from './folder.ts';

const [dir = '', times = ''] = process.argv.slice(2);
const { table, close } = await openEmbedded(embeddedOptions(dir));
for (let n = 0; n < Number(times); n += 1) await table.update({ pk: 'shared', sk: 'counter' }, { add: { n: 1 } });
await close();
process.stdout.write('counted\n');

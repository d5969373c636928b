/** A host without references to it, after a garbage collection; then it is killed. */
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openEmbeddedHost } from '#embedded/open.ts';
import { hostOptions } from './folder.ts';

const [dir = ''] = process.argv.slice(2);
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
await openEmbeddedHost(hostOptions(dir));
for (let i = 0; i < 10; i++) {
  await turn();
  collect();
}
process.stdout.write('open\n');
setInterval(() => undefined, 1000);

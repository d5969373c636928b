/**
 * `node child.ts CASE …`: does one thing, and prints the most memory that this process had, in bytes. Needs Linux.
 *
 *     step NAME       two steps of fine-tuning
 *     load FOLDER     opens an encoder of a folder
 */
import { readFile } from 'node:fs/promises';
import { openEncoder } from '#learning/encoder/open.ts';
import { models, openTuning } from '../tuning/tuning.ts';
import { folderFiles } from './folder.ts';
import { peakBytes } from './peak.ts';

const [what = '', of = ''] = process.argv.slice(2);
const cases: Readonly<Record<string, () => Promise<void>>> = {
  async step() {
    await using training = await openTuning(models.find(({ name }) => name === of)!);
    await training.step();
    await training.step();
  },
  async load() {
    const { weights } = await openEncoder(
      folderFiles(of, (path) => readFile(path)),
      { labels: ['no', 'yes'] },
    );
    if (Object.keys(weights.parameters).length === 0) throw new Error('nothing was read');
  },
};
await cases[what]!();
process.stdout.write(String(peakBytes('self')));

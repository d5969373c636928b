/** `node bench/images/memory/child.ts COUNT`: writes a ZIP of so many colour images of 32 × 32, and prepares it for a training. */
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uniformStream } from '#engine/random.ts';
import { writeZip } from '#learning/files/write-zip.ts';
import { image } from '#learning/image/kind.ts';
import { writePng } from '#learning/image/png.ts';
import { openSource } from '#learning/source.ts';
import type { Prepared } from '../prepare.ts';

const SIDE = 32;
const CLASSES = 10;
/** Different pictures: to encode is not what is measured. */
const PICTURES = 200;
/** Of rows in memory: less than the images need, so that they go to the disk. */
const RESIDENT_BYTES = 2 ** 24;

const count = Number(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), 'trainyard-bench-images-'));
try {
  const path = join(folder, 'images.zip');
  await writeImages(path);
  const before = process.memoryUsage().rss;
  const start = performance.now();
  const source = openSource(createReadStream(path), { folder });
  const profile = await image.profile(source, { task: 'auto' });
  const { rows } = await image.prepare(source, profile, {
    ...{ validationSplit: 0.2, seed: 0 },
    scratch: { folder: join(folder, 'scratch'), residentBytes: RESIDENT_BYTES },
  });
  const seconds = (performance.now() - start) / 1000;
  if (rows.training + rows.validation !== count) throw new Error(`${count} images became ${JSON.stringify(rows)}`);
  // In kibibytes on Linux.
  const mebibytes = process.resourceUsage().maxRSS / 2 ** 10;
  process.stdout.write(JSON.stringify({ seconds, mebibytes, mebibytesBefore: before / 2 ** 20 } satisfies Prepared));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function writeImages(path: string): Promise<void> {
  const uniform = uniformStream(1, 'images');
  const pictures = await Promise.all(
    Array.from({ length: PICTURES }, () => {
      const data = Uint8Array.from({ length: 3 * SIDE ** 2 }, () => 256 * uniform());
      return writePng({ width: SIDE, height: SIDE, channels: 3, data });
    }),
  );
  const entries = Array.from({ length: count }, (_, i) => ({
    name: `${i % CLASSES}/${i}.png`,
    bytes: pictures[i % PICTURES]!,
  }));
  writeFileSync(path, Buffer.concat(writeZip(entries)));
}

/** `npm run demo [-- --keep]`: starts a host and runs the main job on it. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { explain } from '../explain.ts';
import { type Host, startHost } from '../host.ts';
import { Receiver } from './receiver.ts';
import { runMainJob } from './session.ts';
import { Terminal } from './terminal.ts';

const FOLDER = resolve('.trainyard/demo');

/** On the default ports, or on free ones if those are in use: a demo should not fail because of a port. */
async function start(): Promise<Host> {
  const options = {
    dataDir: resolve(FOLDER, 'data'),
    log: { file: resolve(FOLDER, 'demo.log') },
    webhooksToLoopback: true,
  };
  try {
    return await startHost(options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return startHost({ ...options, portOffset: 'free' });
  }
}

async function main(): Promise<void> {
  const { keep } = parseArgs({ options: { keep: { type: 'boolean', default: false } } }).values;
  const began = performance.now();
  const terminal = new Terminal(process.stdout);
  const host = await start();
  const receiver = await Receiver.start();
  try {
    const base = host.bases.platform;
    terminal.say(`Trainyard on ${base}\n`);
    await runMainJob(base, terminal, resolve(FOLDER, 'penguins.onnx'), undefined, receiver);
    terminal.say(
      `\nDone in ${((performance.now() - began) / 1000).toFixed(1)} s. To look at${keep ? '' : ' (npm run demo -- --keep, or npm start)'}:`,
    );
    for (const page of ['/docs', '/redoc', '/openapi.json']) terminal.say(`  ${base}${page}`);
    if (keep) {
      terminal.say('\nServing until Ctrl-C.');
      await new Promise<void>((stop) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop());
      });
    }
  } finally {
    await receiver.stop();
    await host.close();
  }
}

try {
  await main();
  process.exit(0);
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}

/**
 * `npm run demo [-- text|battery] [--keep]`: starts a host and runs the main job on it, with `text` the training service,
 * or with `battery` battery prognostics.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '../../command-line.ts';
import { explain } from '../explain.ts';
import { type Host, startHost } from '../host.ts';
import { runBatterySession } from './battery-session.ts';
import { Receiver } from './receiver.ts';
import { runMainJob } from './session.ts';
import { Terminal } from './terminal.ts';
import { runTextSession } from './text-session.ts';

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

/** What is shown, by its name on the command line. Each resolves with where to look afterwards. */
const DEMOS = {
  async tables(host: Host, terminal: Terminal): Promise<string> {
    const base = host.bases.platform;
    const receiver = await Receiver.start();
    try {
      await runMainJob(base, terminal, resolve(FOLDER, 'penguins.onnx'), undefined, receiver);
    } finally {
      await receiver.stop();
    }
    return base;
  },
  async battery(host: Host, terminal: Terminal): Promise<string> {
    const base = host.bases.platform;
    await runBatterySession(base, terminal);
    return base;
  },
  async text(host: Host, terminal: Terminal): Promise<string> {
    const base = host.bases.training;
    await runTextSession(base, terminal);
    return base;
  },
} as const;
type Demo = keyof typeof DEMOS;

/** Throws `UsageError`. */
function demoOf([name = 'tables', ...more]: readonly string[]): Demo {
  if (more.length === 0 && Object.hasOwn(DEMOS, name)) return name as Demo;
  throw new UsageError(`the demo must be one of ${Object.keys(DEMOS).join(', ')}; got ${[name, ...more].join(' ')}`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { keep: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const demo = demoOf(positionals);
  const began = performance.now();
  const terminal = new Terminal(process.stdout);
  const host = await start();
  try {
    terminal.say(`Trainyard on ${demo === 'text' ? host.bases.training : host.bases.platform}\n`);
    const base = await DEMOS[demo](host, terminal);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const how = values.keep ? '' : ` (npm run demo -- ${demo === 'tables' ? '' : `${demo} `}--keep, or npm start)`;
    terminal.say(`\nDone in ${seconds} s. To look at${how}:`);
    for (const page of ['/docs', '/redoc', '/openapi.json']) terminal.say(`  ${base}${page}`);
    if (values.keep) {
      terminal.say('\nServing until Ctrl-C.');
      await new Promise<void>((stop) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop());
      });
    }
  } finally {
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

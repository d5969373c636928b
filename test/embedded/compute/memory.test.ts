import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { look, type Measures, watchMemory } from '#embedded/compute/memory.ts';

const MEBIBYTE = 2 ** 20;

const trainer = (pid: number) => {
  const killed: string[] = [];
  return { pid, killed, kill: (reason: string) => void killed.push(reason) };
};

const measures = (resident: Readonly<Record<number, number>>, available: number): Measures => ({
  residentBytes: async (pid) => resident[pid],
  availableBytes: () => available,
});

describe('the memory of trainers', () => {
  test('ends the one that takes more than it may have, and no other', async () => {
    const [small, large, ended] = [trainer(1), trainer(2), trainer(3)];
    await look({ bytes: 100, spareBytes: 10 }, [small, large, ended], measures({ 1: 100, 2: 101 }, 1000));
    expect([small.killed, large.killed, ended.killed]).toEqual([
      [],
      ['out_of_memory: it took 101 bytes of memory; it may have 100'],
      [],
    ]);
  });

  test('ends the largest where the machine has too little left', async () => {
    const [small, large] = [trainer(1), trainer(2)];
    await look({ bytes: 1000, spareBytes: 50 }, [small, large], measures({ 1: 60, 2: 80 }, 49));
    expect([small.killed, large.killed]).toEqual([
      [],
      ['out_of_memory: it took 80 bytes, and the machine had only 49 bytes left'],
    ]);
  });

  test('blames no trainer that takes little itself', async () => {
    const one = trainer(1);
    await look({ bytes: 1000, spareBytes: 50 }, [one], measures({ 1: 49 }, 0));
    expect(one.killed).toEqual([]);
  });

  test('is that of the process as the system sees it', async () => {
    const program = `const kept = []; setInterval(() => kept.push(Buffer.alloc(16 * ${MEBIBYTE}, 1)), 20);`;
    const child = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
    const stop = watchMemory({ bytes: 300 * MEBIBYTE, spareBytes: 0 }, () => [
      { pid: child.pid, kill: () => void child.kill('SIGKILL') },
    ]);
    const [, signal] = await once(child, 'exit');
    stop();
    expect(signal).toBe('SIGKILL');
  });
});

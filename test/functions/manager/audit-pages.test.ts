import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { type Actor, type AuditAction, type AuditEntry, appendAudit } from '#domain/vault/audit.ts';
import { useVault } from './world.ts';

jest.setTimeout(120_000);

const world = useVault();

/** Most entries have one and the same time; some clocks are ahead, some behind. */
const BEGIN = Date.UTC(2026, 0, 10);
const MILLISECONDS = [0, 0, 0, 1, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, -3, 0, 0, 0, 2, 0];
const TIMES = Array.from({ length: 1300 }, (_, i) => BEGIN + MILLISECONDS[i % MILLISECONDS.length]!);
const ACTIONS: readonly AuditAction[] = ['model_load', 'model_info', 'model_load'];
const by: Actor = { userId: 'user_a', address: '192.0.2.1', requestId: 'r' };
const time = (ms: number): string => new Date(BEGIN + ms).toISOString();

type Seen = Pick<AuditEntry, 'seq' | 'timestamp' | 'action' | 'success'>;

let id = '';
let written: Seen[] = [];

beforeAll(async () => {
  world.platform.clock.now = BEGIN;
  id = await world.manager();
  const { table } = world.platform.store;
  const of = { account_id: world.accountId, id };
  written = [];
  for (const [i, at] of TIMES.entries()) {
    const event = { action: ACTIONS[i % ACTIONS.length]!, success: i % 5 !== 0 } as const;
    written.unshift(await appendAudit(table, of, by, event, () => at));
  }
});

const query = fc.record(
  {
    start_date: fc.integer({ min: -4, max: 3 }).map(time),
    end_date: fc.integer({ min: 3, max: 8 }).map(time),
    action_type: fc.constantFrom('model_load', 'model_info', 'model_access'),
    success: fc.constantFrom('true', 'false'),
  },
  { requiredKeys: ['action_type'] },
);

const wanted = ({ start_date, end_date, action_type, success }: Record<string, string | undefined>): number[] =>
  written
    .filter(
      (one) =>
        (start_date === undefined || one.timestamp >= start_date) &&
        (end_date === undefined || one.timestamp <= end_date) &&
        (action_type === 'model_access' || one.action === action_type) &&
        (success === undefined || String(one.success) === success),
    )
    .map(({ seq }) => seq);

describe('the pages of the audit trail', () => {
  test('have each entry once, whatever its time, while others are appended', async () => {
    const law = fc.asyncProperty(query, fc.integer({ min: 100, max: 1000 }), async (given, limit) => {
      const seen: number[] = [];
      let next: number | null | undefined;
      do {
        const before = next === undefined ? {} : { before_seq: String(next) };
        const asked = new URLSearchParams({ ...given, ...before, limit: String(limit) });
        const { body } = await world.call('GET', `/${id}/audit/trail?${asked}`);
        seen.push(...body.audit_entries.map(({ seq }: Seen) => seq));
        next = body.next_before_seq;
      } while (next !== null);
      expect(seen).toEqual(wanted(given));
    });
    await fc.assert(law, { numRuns: 15 });
  });

  test('stay where they are with a before_seq, and are bounded', async () => {
    const last = written[0]!.seq;
    const page = async (number: number) =>
      (await world.call('GET', `/${id}/audit/trail?before_seq=${last + 1}&limit=600&page=${number}`)).body;
    const pages = [await page(1), await page(2), await page(3)];
    const seqs = pages.flatMap((one) => one.audit_entries.map(({ seq }: Seen) => seq));
    expect(seqs).toEqual(Array.from({ length: last }, (_, i) => last - i));
    expect(pages.map((one) => [one.total_entries, one.next_before_seq])).toEqual([
      [last, last - 599],
      [last, last - 1199],
      [last, null],
    ]);
    for (const wrong of ['0', '1000000000000', 'x']) {
      const { status, body } = await world.call('GET', `/${id}/audit/trail?before_seq=${wrong}`);
      expect([wrong, status, Object.keys(body.details)]).toEqual([wrong, 400, ['before_seq']]);
    }
    expect((await page(9)).next_before_seq).toBeNull();
    expect((await world.call('GET', `/${id}/audit/trail?before_seq=1`)).body.total_entries).toBe(0);
  });
});

describe('the pages of an export', () => {
  test('have each entry once, where one moment has more than fit', async () => {
    const large = await world.manager();
    const of = { account_id: world.accountId, id: large };
    const facts = { text: 'x'.repeat(200_000) };
    const event = { action: 'model_load', success: true, facts } as const;
    for (let i = 0; i < 50; i += 1) await appendAudit(world.platform.store.table, of, by, event, () => BEGIN);
    for (const dates of ['', '&start_date=2026-01-10&end_date=2026-01-10']) {
      const seen: number[] = [];
      let pages = 0;
      let next: string | undefined;
      do {
        const before = next === undefined ? '' : `&before_seq=${next}`;
        const path = `/${large}/audit/export?action_type=model_load${dates}${before}`;
        const { text, headers } = await world.call('GET', path);
        const lines = Buffer.from(text, 'latin1').toString().trimEnd().split('\n');
        seen.push(...lines.map((line): number => JSON.parse(line).seq));
        next = headers['X-Next-Before-Seq'];
        pages += 1;
      } while (next !== undefined && pages < 9);
      expect([pages, seen]).toEqual([3, Array.from({ length: 50 }, (_, i) => 51 - i)]);
    }
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { datasetFailed, deleteDataset } from '#domain/datasets/change.ts';
import { getDataset } from '#domain/datasets/read.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { type DomainEvent, domainEvent } from '#domain/events/event.ts';
import {
  deadLetterEvent,
  eventOf,
  publishEvent,
  recordEvent,
  removeEvent,
  unpublishedEvents,
} from '#domain/events/outbox.ts';
import { newId } from '#domain/ids.ts';
import { indexes, keys } from '#domain/keys.ts';
import { completeJob } from '#domain/models/change.ts';
import { markOrphaned } from '#domain/orphans.ts';
import type { OutgoingEvent } from '#domain/ports/events/port.ts';
import type { Item, Table } from '#domain/ports/table/port.ts';
import { isoTime } from '#domain/times.ts';
import { beginAttempt, startJob } from '#domain/training/attempts.ts';
import { failJob, stopJob } from '#domain/training/endings.ts';
import { type Job, job as jobSchema } from '#domain/training/record.ts';
import { AT, aDataset, aJob, anAccount, aReadyDataset, aRunningJob, NOW } from '../domain/store.ts';
import type { TableSubject } from './table/subject.ts';

/** What every Table must do for events to be published if and only if their transaction was committed. */
export function outboxConformance(name: string, open: () => Promise<TableSubject>): void {
  describe(`The outbox on ${name}`, () => {
    let subject: TableSubject;
    let table: Table;
    let account: string;
    beforeAll(async () => {
      subject = await open();
      table = subject.table;
    }, 60_000);
    afterAll(() => subject?.close());
    beforeEach(async () => {
      account = await anAccount(table);
    });

    const waiting = async (until = '9'): Promise<Item[]> => {
      const items: Item[] = [];
      for await (const page of unpublishedEvents(table, until)) items.push(...page);
      return items.filter((item) => item.account === account);
    };
    const unpublished = async (): Promise<DomainEvent[]> => (await waiting()).map(eventOf);
    const byType = (events: readonly DomainEvent[]) => [...events].sort((a, b) => (a.type < b.type ? -1 : 1));
    /** Of an account whose dataset's own event was published. */
    const readyDataset = async (): Promise<Dataset> => {
      const dataset = await aReadyDataset(table, account);
      for (const item of await waiting()) await removeEvent(table, item);
      return dataset;
    };
    const runningJob = async (): Promise<Job> => {
      const job = await aRunningJob(table, await readyDataset());
      for (const item of await waiting()) await removeEvent(table, item);
      return job;
    };
    const complete = async (job: Job, id = newId(NOW)) => {
      await table.transact([markOrphaned('artifacts', blobKeys.modelPrefix(account, id), NOW)]);
      const { model_type, task, hyperparameters, dataset_id } = job;
      const last = { current_epoch: 2, metrics: {}, compute_seconds: 1, estimated_cost: 0 };
      const made = {
        ...{ id, account_id: account, name: job.model_name, job_id: job.id, dataset_id },
        ...{ model_type, task, hyperparameters, target: 'b', artifacts: [], created_at: AT },
        architecture: { input_shape: [1], output_classes: 2, parameters: 3 },
        performance: { accuracy: 0.75 },
        final_metrics: { train_loss: 0.5 },
        training_config: {},
      };
      return completeJob(table, job, last, made, AT);
    };

    test('keeps an event unchanged until it is published', async () => {
      const published: OutgoingEvent[] = [];
      const events = { publish: async (...all: OutgoingEvent[]) => void published.push(...all) };
      const event = domainEvent('dataset.processed', account, AT, { list: [1, { a: null }], text: 'é 🚂', no: false });
      await table.transact([recordEvent(event)]);
      expect(await unpublished()).toEqual([event]);
      await publishEvent({ table, events }, event, () => {});
      expect(published).toEqual([event]);
      expect(await unpublished()).toEqual([]);
    });

    test('has one event of a dataset that was settled, even if it was settled twice', async () => {
      const dataset = await aDataset(table, account);
      const recorded = await datasetFailed(table, dataset, { message: 'no', details: [] }, AT);
      expect(await datasetFailed(table, dataset, { message: 'late', details: [] }, AT)).toBeUndefined();
      const { detail } = recorded!;
      expect(detail).toMatchObject({ dataset_id: dataset.id, status: 'failed', occurred_at: AT });
      expect(await unpublished()).toEqual([recorded]);
      expect((await getDataset(table, account, dataset.id)).status).toBe('failed');
      const deleted = await aDataset(table, account);
      await deleteDataset(table, account, deleted.id, NOW);
      expect(await datasetFailed(table, deleted, { message: 'late', details: [] }, AT)).toBeUndefined();
      expect(await unpublished()).toHaveLength(1);
    });

    test('has one start of a job, however many runs begin at once', async () => {
      const queued = (await beginAttempt(table, await aJob(table, await readyDataset()), AT))!;
      const runs = await Promise.all([1, 2, 3].map((run) => startJob(table, queued, { run, device: 'cpu' }, AT)));
      const starts = runs.flatMap((run) => run?.event ?? []);
      expect(starts).toMatchObject([{ type: 'training.started', detail: { job_id: queued.id } }]);
      expect(await unpublished()).toEqual(starts);
      const record = jobSchema.parse(await table.get(keys.job(account, queued.id)));
      expect(runs.at(-1)?.job).toEqual(record);
    });

    test('has one end of a job, however many calls end it at once', async () => {
      const ends = [
        (job: Job) => failJob(table, job, 'why', AT),
        async (job: Job) => (await complete(job))?.events,
        (job: Job) => stopJob(table, job, AT),
      ];
      for (let first = 0; first < ends.length; first++) {
        const job = await runningJob();
        const order = [...ends.slice(first), ...ends.slice(0, first)];
        const recorded = (await Promise.all(order.map((end) => end(job)))).flatMap((event) => event ?? []);
        expect(byType(await unpublished())).toEqual(byType(recorded));
        const { status } = jobSchema.parse(await table.get(keys.job(account, job.id)));
        const created = status === 'completed' ? ['model.created'] : [];
        expect(byType(recorded).map(({ type }) => type)).toEqual([...created, `training.${status}`]);
        for (const item of await waiting()) await removeEvent(table, item);
      }
    });

    test('has the events of models that are numbered at once', async () => {
      const dataset = await readyDataset();
      const jobs = await Promise.all([1, 2, 3].map(() => aRunningJob(table, dataset)));
      for (const item of await waiting()) await removeEvent(table, item);
      const models = await Promise.all(jobs.map((job) => complete(job)));
      for (const type of ['model.created', 'training.completed']) {
        const ids = (await unpublished()).filter((event) => event.type === type).map(({ detail }) => detail.model_id);
        expect(ids.sort()).toEqual(models.map((made) => made!.model.id).sort());
      }
    });

    test('lists them in the order in which they happened, up to the given time', async () => {
      const times = [5, 1, 4, 2, 3].map((second) => NOW + second * 1000);
      for (const time of times)
        await table.transact([recordEvent(domainEvent('dataset.processed', account, isoTime(time), {}))]);
      const occurred = async (until: number) =>
        (await waiting(isoTime(until))).map((item) => Date.parse(eventOf(item).detail.occurred_at));
      expect(await occurred(NOW + 10_000)).toEqual([...times].sort());
      expect(await occurred(NOW + 3000)).toEqual([1, 2, 3].map((second) => NOW + second * 1000));
    });

    test('dead-letters what cannot be published, out of the way of the others, for two weeks', async () => {
      const event = domainEvent('dataset.processed', account, AT, {});
      const key = keys.event(event.detail.event_id);
      await table.transact([recordEvent(event)]);
      await deadLetterEvent(table, key, 'too\nlarge', subject.seconds() * 1000);
      expect(await unpublished()).toEqual([]);
      const { items } = await table.query({ index: 'byIndex', partition: indexes.deadLettered, limit: 10 });
      expect(items).toMatchObject([{ ...key, ...event, reason: 'too large' }]);
      subject.advance(14 * 86_400);
      expect(await table.get(key)).toBeUndefined();
    });

    test('does not dead-letter what was published in the meantime', async () => {
      const { detail } = domainEvent('dataset.processed', account, AT, {});
      await deadLetterEvent(table, keys.event(detail.event_id), 'why', subject.seconds() * 1000);
      expect(await table.get(keys.event(detail.event_id))).toBeUndefined();
    });
  });
}

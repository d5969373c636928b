import { describe, expect, test } from '@jest/globals';
import { CLAUDE, useCatalog } from './world.ts';

const world = useCatalog();

describe('a new model', () => {
  test('has a number, its settings and version 1, and is found by its number', async () => {
    const { status, body } = await world.call('create', { ...CLAUDE, operatorId: 1 });
    expect(status).toBe(201);
    expect(body).toMatchObject({ code: 0, message: 'success', data: { id: 1, ...CLAUDE, version: 1 } });
    const read = await world.call('get', { id: 1 });
    expect([read.status, read.body]).toEqual([200, body]);
  });

  test('is active, and has null for whatever it was not given', async () => {
    expect(await world.created({ name: 'Bare', model_id: 'bare' })).toMatchObject({
      ...{ name: 'Bare', model_id: 'bare', description: null, is_active: true },
      ...{ max_tokens: null, temperature: null, top_p: null, region: null },
    });
  });

  test('with a model_id that is there is refused, and takes no number', async () => {
    const { id } = await world.created({ model_id: 'once' });
    const refused = await world.call('create', { name: 'Twice', model_id: 'once' });
    expect([refused.status, refused.body]).toEqual([400, { code: 400, message: 'model_id already exists' }]);
    expect((await world.created()).id).toBe(id + 1);
  });

  test('of one model_id is made once, however many are made at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => world.call('create', { name: `Racer ${n}`, model_id: 'raced' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(11).fill(400)]);
    const { body } = await world.call('list', { page: 1, size: 100 });
    const raced = body.data.items.filter((of: { model_id: string }) => of.model_id === 'raced');
    expect(raced).toHaveLength(1);
  });

  test('of each of many made at once gets a number of its own', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => world.created()));
    expect(new Set(made.map(({ id }) => id)).size).toBe(20);
  });
});

describe('an update', () => {
  test('changes what it gives and nothing else, and counts as a version', async () => {
    const before = await world.created(CLAUDE_TWO);
    const { status, body } = await world.call('update', { id: before.id, name: 'Renamed', is_active: false });
    expect(status).toBe(200);
    const { updated_at, ...rest } = before;
    expect(body.data).toMatchObject({ ...rest, name: 'Renamed', is_active: false, version: 2 });
  });

  test('with null removes a setting', async () => {
    const { id } = await world.created({ region: 'eu-central-1', temperature: 1 });
    const { body } = await world.call('update', { id, region: null });
    expect(body.data).toMatchObject({ region: null, temperature: 1 });
  });

  test('of nothing, or to what is there already, changes nothing', async () => {
    const before = await world.created({ temperature: 0 });
    for (const given of [{}, { temperature: 0, name: before.name, model_id: before.model_id }]) {
      const { body } = await world.call('update', { id: before.id, ...given });
      expect(body.data).toEqual(before);
    }
  });

  test('moves the model_id: the new one is taken, the old one is free', async () => {
    const [one, other] = [await world.created(), await world.created()];
    const refused = await world.call('update', { id: one.id, model_id: other.model_id });
    expect([refused.status, refused.body.message]).toEqual([400, 'model_id already exists']);
    expect((await world.call('update', { id: one.id, model_id: 'moved' })).status).toBe(200);
    expect((await world.call('create', { name: 'x', model_id: 'moved' })).status).toBe(400);
    expect((await world.call('create', { name: 'x', model_id: one.model_id })).status).toBe(201);
  });

  test('of two at once to one model_id succeeds once', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => world.created()));
    const answers = await Promise.all(made.map(({ id }) => world.call('update', { id, model_id: 'wanted' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400, 400]);
  });

  test('loses nothing of others that change the same model at the same time', async () => {
    const { id } = await world.created();
    const changes = [{ name: 'A' }, { description: 'B' }, { region: 'C' }, { max_tokens: 4 }, { top_p: 0.5 }];
    await Promise.all(changes.map((change) => world.call('update', { id, ...change })));
    const { body } = await world.call('get', { id });
    expect(body.data).toMatchObject({ ...Object.assign({}, ...changes), version: 6 });
  });
});

const CLAUDE_TWO = { ...CLAUDE, model_id: 'claude-two' };

describe('a deletion', () => {
  test('leaves nothing but a history: the number is gone for good, the model_id is free', async () => {
    const { id, model_id } = await world.created();
    const { status, body } = await world.call('delete', { id });
    expect([status, body]).toEqual([200, { code: 0, message: 'success' }]);
    for (const what of ['get', 'update', 'delete']) {
      const answer = await world.call(what, { id });
      expect([what, answer.status, answer.body]).toEqual([what, 404, { code: 404, message: 'Model not found' }]);
    }
    expect((await world.created({ model_id })).id).toBeGreaterThan(id);
  });

  test('of one model by many at once succeeds once', async () => {
    const { id } = await world.created();
    const answers = await Promise.all(Array.from({ length: 6 }, () => world.call('delete', { id })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404, 404, 404, 404]);
  });
});

describe('a version', () => {
  test.each(['update', 'delete'])('that is not the present one stops the %s', async (what) => {
    const { id } = await world.created();
    await world.call('update', { id, name: 'Changed' });
    const refused = await world.call(what, { id, version: 1 });
    expect([refused.status, refused.body]).toEqual([
      409,
      { code: 409, message: `Model ${id} was changed: it has version 2; got 1` },
    ]);
    expect((await world.call(what, { id, version: 2 })).status).toBe(200);
  });

  test('that several know lets one of them change the model', async () => {
    const { id } = await world.created();
    const changes = Array.from({ length: 6 }, (_, n) => world.call('update', { id, version: 1, name: `Name ${n}` }));
    expect((await Promise.all(changes)).map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
  });
});

describe('a repetition with an Idempotency-Key', () => {
  const keyed = (key: string) => ({ headers: { 'Idempotency-Key': key } });

  test('creates a model once', async () => {
    const given = { name: 'Once', model_id: 'idempotent' };
    const [first, again] = [
      await world.call('create', given, keyed('create')),
      await world.call('create', given, keyed('create')),
    ];
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers['Idempotent-Replayed']).toBe('true');
  });

  test('deletes a model once, and is not told that it is gone', async () => {
    const { id } = await world.created();
    const send = () => world.call('delete', { id }, keyed('delete'));
    expect([(await send()).status, (await send()).status]).toEqual([200, 200]);
  });
});

test('many changes of one model at once are all made, one after another', async () => {
  const { id } = await world.created();
  const changes = Array.from({ length: 60 }, (_, n) => world.call('update', { id, description: `${n}` }));
  const answers = await Promise.all(changes);
  expect([...new Set(answers.map(({ status }) => status))]).toEqual([200]);
  expect(answers.map(({ body }) => body.data.version).toSorted((a, b) => a - b)).toEqual(answers.map((_, n) => n + 2));
});

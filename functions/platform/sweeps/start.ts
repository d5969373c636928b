import { z } from 'zod';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { getNumbered } from '#domain/datasets/read.ts';
import { ConflictError, ValidationError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { expectJobRoom } from '#domain/installation/jobs.ts';
import { expectRoom } from '#domain/installation/storage.ts';
import { LIMITS } from '#domain/limits.ts';
import { SWEEP_METHODS, type Sweep, type Trial } from '#domain/sweeps/record.ts';
import { createSweep } from '#domain/sweeps/store.ts';
import { isoTime } from '#domain/times.ts';
import { COMPUTE_CHOICES, MONITORS } from '#domain/training/record.ts';
import type { Plan } from '#domain/training/waiting.ts';
import { advanceSweep } from '#functions/events/advance-sweep.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import type { Family } from '#zoo/family.ts';
import { modelTypes } from '#zoo/registry.ts';
import { expectTable } from '../datasets/expect-table.ts';
import { readProfile } from '../datasets/profile-of.ts';
import { anyJson, id, nameLine } from '../fields.ts';
import { expectFits, expectStart } from '../training/expect-start.ts';
import { budgetDollars as dollars, budgetSeconds as seconds, split, startFrom } from '../training/fields.ts';
import { hyperparametersOf } from '../training/hyperparameters.ts';
import { findFamily, planTraining } from '../training/plan.ts';
import { showSweep, sweepAnswer } from './fields.ts';
import { combinations, draws, type Space, wholeRange } from './space.ts';

const range = z.strictObject({
  min: z.number(),
  max: z.number(),
  scale: z.enum(['linear', 'log']).default('linear'),
  integer: z.boolean().optional().meta({
    description: 'Whether only whole numbers are drawn. Default: whether the hyperparameter takes no others',
  }),
});

const body = z
  .strictObject({
    dataset_id: id,
    model_type: z
      .string()
      .min(1)
      .max(100)
      .meta({ example: 'mlp', override: { enum: [...modelTypes] } }),
    method: z.enum(SWEEP_METHODS).default('random').meta({
      description:
        '`grid`: every combination; `random`; `halving`: random, most for a few epochs and the best for more',
    }),
    space: z
      .record(z.string().min(1).max(100), z.union([z.array(anyJson).min(1).max(LIMITS.sweepValues), range]))
      .meta({
        minProperties: 1,
        description: 'By hyperparameter, its values as a list, or a range from which they are drawn',
        example: { learning_rate: { min: 0.0001, max: 0.1, scale: 'log' }, hidden_layers: [[32], [64, 64]] },
      }),
    hyperparameters: z
      .record(z.string(), anyJson)
      .default({})
      .meta({
        description: 'Those that all trials have; `epochs` are those of the last rung',
        example: { epochs: 50 },
      }),
    trials: z.int().min(1).max(LIMITS.trials).default(10).meta({
      description: 'Of the first rung; a grid has its own. A space with fewer combinations has as many trials',
    }),
    factor: z.int().min(2).max(10).default(3).meta({ description: 'Of halving: one of so many goes on' }),
    metric: z.enum(MONITORS).default('val_loss'),
    parallel: z
      .int()
      .min(1)
      .max(LIMITS.activeJobs)
      .default(2)
      .meta({ description: 'Trials at the same time, at most' }),
    seed: z
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .default(0),
    validation_split: z.number().min(0).max(0.9).default(0.2),
    test_split: z.number().min(0).max(0.9).default(0),
    split,
    compute: z.enum(COMPUTE_CHOICES).default('auto'),
    start_from: startFrom.optional(),
    max_seconds: seconds.optional().meta({
      description:
        'The seconds of compute that all trials and the training of the best may use together: what is left is shared by those that begin, and trials for which nothing is left do not begin',
      example: 3600,
    }),
    max_cost: dollars.optional().meta({
      description: 'Likewise the `estimated_cost` in US dollars, which is 0 on your own machine',
      example: 2,
    }),
    trial_max_seconds: seconds.optional().meta({
      description:
        'The seconds of compute after which a trial ends with the best weights so far, as `max_seconds` of a training',
      example: 600,
    }),
    trial_max_cost: dollars.optional().meta({ description: 'Likewise its `estimated_cost`', example: 0.2 }),
    name: nameLine(LIMITS.modelName.max).optional().meta({ description: "The model's name. Default: the dataset's" }),
  })
  .meta({ id: 'SweepRequest' });

const MOST_PATIENCE = 1000;

type Request = z.output<typeof body>;

export const start = route({
  method: 'POST',
  path: '/training/sweeps',
  summary: 'Search for the best hyperparameters',
  description: `An addition. Each trial is a job, one of the ${LIMITS.activeJobs} of an account; a sweep waits while there is no room. No combination is tried twice. When all trials have ended, the best hyperparameters are trained once more, with the same seed, for the model.`,
  tags: ['Training'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  idempotent: true,
  request: {
    body: json(body, {
      dataset_id: '019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55',
      model_type: 'mlp',
      method: 'random',
      space: { learning_rate: { min: 0.0001, max: 0.1, scale: 'log' }, hidden_layers: [[32], [64, 64]] },
      hyperparameters: { epochs: 50 },
      trials: 10,
    }),
  },
  responses: { 201: { description: 'Begun', schema: sweepAnswer } },
  errors: [404, 409],
  async handler({ caller, body: request }, services) {
    const { table, now } = services.adapters;
    const dataset = await getNumbered(table, caller.accountId, request.dataset_id);
    expectTable(dataset);
    if (dataset.status !== 'ready') throw new ConflictError(`Dataset ${dataset.id} is not ready`);
    await expectJobRoom(table, services.settings.caps);
    await expectRoom(table, caller.accountId, services.settings.caps);
    const family = findFamily(request.model_type);
    const { start_from } = request;
    const start =
      start_from === undefined ? undefined : await expectStart(services.adapters, caller.accountId, start_from, family);
    const profile = await readProfile(services.adapters, dataset);
    const { plans, rungs, notice } = plansOf(request, family, profile);
    if (start) await expectFits(services.adapters, start, { family, profile, plans });
    const { validation_split, early_stopping, task, data_bytes, warnings } = plans[0]!;
    const wanted: Sweep = {
      id: newId(now()),
      account_id: caller.accountId,
      name: request.name ?? dataset.name,
      model_type: request.model_type,
      method: request.method,
      metric: request.metric,
      status: 'running',
      created_at: isoTime(now()),
      revision: 1,
      parallel: request.parallel,
      factor: request.factor,
      rungs,
      ...budgetOf(request),
      ...(notice === undefined ? {} : { notice }),
      dataset_id: dataset.id,
      ...(dataset.processing_since === undefined ? {} : { read_at: dataset.processing_since }),
      base: JSON.parse(
        JSON.stringify({
          ...{ dataset_id: dataset.id, dataset_name: dataset.name, dataset_version: dataset.version },
          ...{ task, validation_split, test_split: request.test_split, early_stopping, data_bytes, warnings },
          ...{ compute: request.compute, split: request.split, parent_id: request.start_from },
        }),
      ),
      trials: plans.map(
        (plan, i): Trial => ({
          ...{ number: i + 1, rung: 0, hyperparameters: plan.hyperparameters },
          ...{ total_epochs: plan.total_epochs, estimated_time: plan.estimated_time, status: 'pending' },
        }),
      ),
    };
    const created = await createSweep(table, wanted);
    const context = { ...services.adapters, logger: services.logger, caps: services.settings.caps };
    await advanceSweep(context, created.account_id, created.id);
    return { status: 201, body: showSweep(created) };
  },
});

/** Without those that were not given. */
const budgetOf = ({ max_seconds, max_cost, trial_max_seconds, trial_max_cost }: Request): Partial<Sweep> =>
  JSON.parse(JSON.stringify({ max_seconds, max_cost, trial_max_seconds, trial_max_cost }));

interface Plans {
  readonly plans: readonly Plan[];
  readonly rungs: number;
  readonly notice: string | undefined;
}

/** Throws `ValidationError` for the first trial whose hyperparameters are refused. */
function plansOf(request: Request, family: Family, profile: DatasetProfile): Plans {
  const { method, trials, seed, factor, metric } = request;
  expectRanges(request);
  const space = spaceOf(request.space, family);
  // For the best epoch by the metric, and not to stop early.
  const early_stopping = { enabled: true, patience: MOST_PATIENCE, monitor: metric };
  const chosen = method === 'grid' ? combinations(space) : draws(space, trials, seed);
  const rungs = method === 'halving' ? 1 + Math.floor(Math.log(chosen.length) / Math.log(factor) + 1e-9) : 1;
  const plans = chosen.map((some) => {
    const hyperparameters: Record<string, unknown> = { ...request.hyperparameters, ...some };
    const of = { ...request, hyperparameters, early_stopping };
    return asSent(request, () => {
      const plan = planTraining(family, of, profile);
      if (method !== 'halving') return plan;
      const epochs = Math.max(1, Math.round(plan.total_epochs / factor ** (rungs - 1)));
      return planTraining(family, { ...of, hyperparameters: { ...hyperparameters, epochs } }, profile);
    });
  });
  const isFewer = method !== 'grid' && chosen.length < trials;
  const notice = `The space has ${chosen.length} combination${chosen.length === 1 ? '' : 's'}, so that there are not ${trials} trials`;
  return { plans, rungs, notice: isFewer ? notice : undefined };
}

/** Ranges of hyperparameters that take whole numbers only are of whole numbers. Throws `ValidationError` if they have none. */
function spaceOf(space: Request['space'], family: Family): Space {
  const { properties = {} } = hyperparametersOf(family);
  const isInteger = (name: string): boolean => {
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined;
    return typeof schema === 'object' && schema.type === 'integer';
  };
  return Object.fromEntries(
    Object.entries(space).map(([name, choice]) => {
      if (Array.isArray(choice)) return [name, choice];
      const range = { ...choice, integer: choice.integer ?? isInteger(name) };
      return [name, range.integer ? wholeRange(name, range) : range];
    }),
  );
}

/** A trial's plan is that of a training. What is wrong with it is said of the field that the request has. */
function asSent<T>({ space }: Request, planned: () => T): T {
  try {
    return planned();
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const details = error.details.map((detail) => ({ ...detail, field: sentField(detail.field, space) }));
    throw new ValidationError(details, error.message);
  }
}

function sentField(field: string, space: Request['space']): string {
  if (field === 'early_stopping.monitor') return 'metric';
  const [first, place = ''] = field.split('.');
  const [name = ''] = place.split('[');
  return first === 'hyperparameters' && Object.hasOwn(space, name) ? `space.${place}` : field;
}

function expectRanges({ space, method, hyperparameters }: Request): void {
  if (Object.keys(space).length === 0)
    throw ValidationError.of('space', 'must name at least 1 hyperparameter; got none');
  for (const [name, choice] of Object.entries(space)) {
    if (Object.hasOwn(hyperparameters, name)) {
      throw ValidationError.of(
        `hyperparameters.${name}`,
        'must be left out: it is in space, which says its value in each trial',
      );
    }
    if (name === 'epochs' && method === 'halving') {
      throw ValidationError.of('space.epochs', 'must be left out for method halving, which varies the epochs itself');
    }
    if (Array.isArray(choice)) {
      expectDifferent(name, choice);
      continue;
    }
    if (!(choice.min < choice.max)) {
      throw ValidationError.of(`space.${name}`, `must have min below max; got ${choice.min} and ${choice.max}`);
    }
    if (choice.scale === 'log' && choice.min <= 0) {
      throw ValidationError.of(`space.${name}.min`, `must be above 0 on a log scale; got ${choice.min}`);
    }
  }
}

/** A grid would try each of them. */
function expectDifferent(name: string, values: readonly unknown[]): void {
  const seen = new Set<string>();
  for (const [i, value] of values.entries()) {
    const text = JSON.stringify(value);
    if (seen.has(text)) throw ValidationError.of(`space.${name}[${i}]`, `must be listed once; got ${text} twice`);
    seen.add(text);
  }
}

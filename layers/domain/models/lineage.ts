/** Where a model comes from, as a graph: data → job → model, and likewise for the models before it. */
import { findDataset } from '../datasets/read.ts';
import { LIMITS } from '../limits.ts';
import type { Table } from '../ports/table/port.ts';
import { findJob } from '../training/read.ts';
import { findModel } from './read.ts';
import type { Model } from './record.ts';

export const NODE_KINDS = ['data', 'job', 'model'] as const;
export const RELATIONS = ['trained_on', 'produced', 'started_from', 'previous_version'] as const;

export interface LineageNode {
  readonly id: string;
  readonly kind: (typeof NODE_KINDS)[number];
  /** The name of the data or model; of a job, its model's. */
  readonly name?: string;
  /** Of data or of a model. */
  readonly version?: string;
  /** Of the data's bytes. */
  readonly sha256?: string;
  /** False if it has been deleted since. */
  readonly exists: boolean;
}

/** In the direction in which things came about: from data to job, from job to model, from a model to one after it. */
export interface LineageEdge {
  readonly from: string;
  readonly to: string;
  readonly relation: (typeof RELATIONS)[number];
}

export interface Lineage {
  nodes: LineageNode[];
  edges: LineageEdge[];
  /** Whether there are models before the ones shown. */
  truncated: boolean;
}

/** The model, its nearest predecessors up to the bound, and the job and the data of each: three reads a model. */
export async function lineageOf(table: Table, of: Model): Promise<Lineage> {
  const nodes = new Map<string, LineageNode>();
  const edges: LineageEdge[] = [];
  let generation = [of];
  let left = LIMITS.lineageModels;
  while (generation.length > 0 && left > 0) {
    const shown = generation.slice(0, left);
    left -= shown.length;
    for (const node of (await Promise.all(shown.map((model) => nodesOf(table, model)))).flat())
      nodes.set(node.id, node);
    const before = shown.flatMap(edgesBefore);
    edges.push(...shown.flatMap(edgesOfTraining), ...before);
    const unseen = [...new Set(before.map(({ from }) => from))].filter((id) => !nodes.has(id));
    const found = await Promise.all(unseen.map((id) => findModel(table, of.account_id, id)));
    for (const id of unseen) nodes.set(id, { id, kind: 'model', exists: false });
    generation = found.filter((model) => model !== undefined);
    for (const model of generation) nodes.set(model.id, modelNode(model));
  }
  return { nodes: [...nodes.values()], edges, truncated: generation.length > 0 };
}

const modelNode = ({ id, name, version }: Model): LineageNode => ({ id, kind: 'model', name, version, exists: true });

/** A model that was imported comes from no job and no data. */
async function nodesOf(table: Table, of: Model): Promise<LineageNode[]> {
  const { account_id, job_id, dataset_id, dataset_version, dataset_sha256 } = of;
  if (job_id === undefined || dataset_id === undefined) return [modelNode(of)];
  const [job, dataset] = await Promise.all([
    findJob(table, account_id, job_id),
    findDataset(table, account_id, dataset_id),
  ]);
  const sha256 = dataset_sha256 ?? dataset?.sha256;
  return [
    modelNode(of),
    { id: job_id, kind: 'job', name: of.name, exists: job !== undefined },
    {
      id: dataset_id,
      kind: 'data',
      ...(dataset ? { name: dataset.name } : {}),
      ...(dataset_version === undefined ? {} : { version: String(dataset_version) }),
      ...(sha256 === undefined ? {} : { sha256 }),
      exists: dataset !== undefined,
    },
  ];
}

const edgesOfTraining = ({ id, job_id, dataset_id }: Model): LineageEdge[] =>
  job_id === undefined || dataset_id === undefined
    ? []
    : [
        { from: dataset_id, to: job_id, relation: 'trained_on' },
        { from: job_id, to: id, relation: 'produced' },
      ];

const edgesBefore = ({ id, job_id, parent_id, previous_id }: Model): LineageEdge[] => [
  ...(parent_id === undefined || job_id === undefined
    ? []
    : [{ from: parent_id, to: job_id, relation: 'started_from' } as const]),
  ...(previous_id === undefined ? [] : [{ from: previous_id, to: id, relation: 'previous_version' } as const]),
];

/** Where a model comes from, as a graph: data → job → model, or vault → model, and likewise for the models before it. */
import { findDataset } from '../datasets/read.ts';
import { keys } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import type { Table } from '../ports/table/port.ts';
import { findJob } from '../training/read.ts';
import type { VaultOrigin } from '../vault/served.ts';
import { findModel } from './read.ts';
import type { Model } from './record.ts';

export const NODE_KINDS = ['data', 'job', 'model', 'vault_model'] as const;
export const RELATIONS = ['trained_on', 'produced', 'started_from', 'previous_version', 'deployed_as'] as const;

export interface LineageNode {
  readonly id: string;
  readonly kind: (typeof NODE_KINDS)[number];
  /** The name of the data or model; of a job, its model's; of a model of the vault, with its manager. */
  readonly name?: string;
  /** Of data or of a model. */
  readonly version?: string;
  /** Of the data's bytes, or of the vault's file. */
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
    edges.push(...shown.flatMap(edgesOfTraining), ...shown.flatMap(edgesOfVault), ...before);
    const unseen = [...new Set(before.map(({ from }) => from))].filter((id) => !nodes.has(id));
    const found = await Promise.all(unseen.map((id) => findModel(table, of.account_id, id)));
    for (const id of unseen) nodes.set(id, { id, kind: 'model', exists: false });
    generation = found.filter((model) => model !== undefined);
    for (const model of generation) nodes.set(model.id, modelNode(model));
  }
  return { nodes: [...nodes.values()], edges, truncated: generation.length > 0 };
}

const modelNode = ({ id, name, version }: Model): LineageNode => ({ id, kind: 'model', name, version, exists: true });

/** A model that was imported comes from no job and no data, or from the vault. */
async function nodesOf(table: Table, of: Model): Promise<LineageNode[]> {
  if (of.vault) return [modelNode(of), await vaultNode(table, of.account_id, of.vault)];
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

/** A revision of the vault's model, whose id names its bytes for ever. */
async function vaultNode(table: Table, accountId: string, of: VaultOrigin): Promise<LineageNode> {
  const now = await table.get(keys.vaultModel(accountId, of.vault, of.model_name));
  return {
    id: of.revision,
    kind: 'vault_model',
    name: `${of.manager_id}/${of.model_name}`,
    version: of.version,
    sha256: of.sha256,
    exists: now?.id === of.model_id,
  };
}

const edgesOfTraining = ({ id, job_id, dataset_id }: Model): LineageEdge[] =>
  job_id === undefined || dataset_id === undefined
    ? []
    : [
        { from: dataset_id, to: job_id, relation: 'trained_on' },
        { from: job_id, to: id, relation: 'produced' },
      ];

const edgesOfVault = ({ id, vault }: Model): LineageEdge[] =>
  vault === undefined ? [] : [{ from: vault.revision, to: id, relation: 'deployed_as' }];

const edgesBefore = ({ id, job_id, parent_id, previous_id }: Model): LineageEdge[] => [
  ...(parent_id === undefined || job_id === undefined
    ? []
    : [{ from: parent_id, to: job_id, relation: 'started_from' } as const]),
  ...(previous_id === undefined ? [] : [{ from: previous_id, to: id, relation: 'previous_version' } as const]),
];

/** The Python programs that the document of the model manager prints, unchanged and in their order, against a fresh host. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { useHostWith } from '#test/e2e/use-host.ts';
import { run } from './run.ts';

const world = useHostWith({ environment: { API_KEYS: 'your-api-key' } });

const folder = join(import.meta.dirname, 'document/manager');
const printed = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.py.txt'))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'));

/** What the programs call and the document does not define. */
const UNDEFINED = `
from datetime import datetime

def train_your_model():
    return {"weights": [0.1, 0.2]}

def train_model_version(version):
    return {"weights": [0.1, 0.2], "version": version}

def get_performance_metrics(model):
    better = float(model["version"]) * 0.04
    return {"accuracy": 0.9 + better, "f1_score": 0.88 + better, "precision": 0.9, "recall": 0.9}
`;

/** What they leave behind, as JSON. */
const RESULT = `
import json
print("RESULT", json.dumps({
    "loaded": loaded_model,
    "best": comparison["best_model"],
    "found": [model["model_name"] for model in search_results["models"]],
    "ranked": [model["model_name"] for model in best_models],
    "backup": backup_info,
    "backups": len(backups),
    "restored": [response.status_code, response.json()],
}))
`;

test('all four run, one after another', async () => {
  const { code, stdout, stderr } = await run(world, 'python', [UNDEFINED, ...printed(), RESULT].join('\n'));
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain("Model saved: {'message': 'Model saved successfully'");
  expect(stdout).toContain('Best model by accuracy: classifier_v2.0');
  expect(JSON.parse(/^RESULT (.*)$/m.exec(stdout)![1]!)).toMatchObject({
    loaded: { weights: [0.1, 0.2] },
    best: { by_accuracy: 'classifier_v2.0' },
    found: ['classifier_v1.0'],
    ranked: ['classifier_v2.0', 'classifier_v1.0', 'classifier_v1.1'],
    backup: { models_included: 1, missing: ['regressor_v1.5'] },
    backups: 1,
    restored: [200, { skipped_models: ['classifier_v2.0'], models_restored: 0 }],
  });
});

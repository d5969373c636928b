/**
 * The document's programs start a training right after the upload, while the dataset is still processing. Until that is
 * accepted, this waits in between. Then this file goes, with its two uses in document.test.ts.
 */
const STEPS = {
  python: {
    before: '# Start training\n',
    wait: `import time
while requests.get(f"http://localhost:8000/datasets/{dataset_id}", headers=headers).json()["status"] == "processing":
    time.sleep(0.1)
`,
  },
  javascript: {
    before: '// Start training\n',
    wait: `const processing = async () => (await (await fetch(\`http://localhost:8000/datasets/\${datasetId}\`, {
  headers: { 'Authorization': \`Bearer \${access_token}\` }
})).json()).status === 'processing';
while (await processing()) await new Promise((resolve) => setTimeout(resolve, 100));
`,
  },
} as const;

export function awaitReadiness(language: keyof typeof STEPS, program: string): string {
  const { before, wait } = STEPS[language];
  if (!program.includes(before)) throw new Error(`the program has no ${before}`);
  return program.replace(before, () => wait + before);
}

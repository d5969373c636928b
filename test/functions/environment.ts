/** What a deployment says to its functions. */
export const ENVIRONMENT = {
  AWS_REGION: 'eu-central-1',
  TRAINYARD_TABLE: 'table',
  TRAINYARD_BUCKET_DATASETS: 'datasets',
  TRAINYARD_BUCKET_ARTIFACTS: 'artifacts',
  TRAINYARD_BUCKET_BACKUPS: 'backups',
  TRAINYARD_QUEUE_DATASETS: 'https://sqs.eu-central-1.amazonaws.com/000000000000/datasets',
  TRAINYARD_QUEUE_TRAINING: 'https://sqs.eu-central-1.amazonaws.com/000000000000/training',
  TRAINYARD_QUEUE_WEBHOOKS: 'https://sqs.eu-central-1.amazonaws.com/000000000000/webhooks',
  TRAINYARD_QUEUE_VAULT: 'https://sqs.eu-central-1.amazonaws.com/000000000000/vault',
  TRAINYARD_QUEUE_LOGS: 'https://sqs.eu-central-1.amazonaws.com/000000000000/logs',
  TRAINYARD_QUEUE_PREDICTIONS: 'https://sqs.eu-central-1.amazonaws.com/000000000000/predictions',
  TRAINYARD_QUEUE_ENCODERS: 'https://sqs.eu-central-1.amazonaws.com/000000000000/encoders',
  TRAINYARD_BUS: 'bus',
  TRAINYARD_KEY_TOKENS: 'alias/tokens',
  TRAINYARD_KEY_DATA: 'alias/data',
};

/** What the audit trail calls each route of a manager, for calls that are refused before their handler runs. */
import type { AuditAction } from '#domain/vault/audit.ts';
import type { RouteFacts } from '#functions/http/route.ts';

const ROOT = '/api/model-manager/{manager_id}';

const ACTIONS: Readonly<Record<string, AuditAction>> = {
  'DELETE ': 'manager_delete',
  'GET /info': 'manager_info',
  'GET /health': 'health_check',
  'GET /stats': 'manager_stats',
  'GET /audit/export': 'audit_export',
  'GET /audit/trail': 'audit_trail',
  'GET /audit/verify': 'audit_verify',
  'POST /backup/create': 'backup_create',
  'POST /backup/drill': 'restore_drill',
  'GET /backup/list': 'backup_list',
  'POST /backup/restore': 'backup_restore',
  'POST /backup/upload': 'backup_create',
  'POST /backup/uploads': 'backup_upload',
  'GET /backup/uploads/{upload_id}': 'backup_upload',
  'DELETE /backup/uploads/{upload_id}': 'backup_upload',
  'POST /backup/uploads/{upload_id}/complete': 'backup_create',
  'DELETE /backup/{backup_name}': 'backup_delete',
  'POST /backup/{backup_name}/archive': 'backup_download',
  'GET /backup/{backup_name}/download': 'backup_download',
  'GET /models/best': 'model_search',
  'GET /models/by-tags': 'model_search',
  'POST /models/compare': 'model_compare',
  'POST /models/copy': 'model_save',
  'POST /models/download': 'model_download',
  'GET /models/list': 'model_list',
  'POST /models/load': 'model_load',
  'POST /models/save': 'model_save',
  'GET /models/search': 'model_search',
  'POST /models/uploads': 'model_upload',
  'GET /models/uploads/{upload_id}': 'model_upload',
  'DELETE /models/uploads/{upload_id}': 'model_upload',
  'POST /models/uploads/{upload_id}/complete': 'model_save',
  'DELETE /models/{model_name}': 'model_delete',
  'PATCH /models/{model_name}': 'model_update',
  'POST /models/{model_name}/activate': 'model_activate',
  'POST /models/{model_name}/deploy': 'model_deploy',
  'GET /models/{model_name}/info': 'model_info',
  'GET /models/{model_name}/signature': 'model_signature',
  'GET /models/{model_name}/versions': 'model_versions',
  'PUT /security/password': 'password_update',
  'GET /security/status': 'security_status',
};

/** `undefined` for a route that is of no manager. */
export const actionOf = ({ method, path }: Pick<RouteFacts, 'method' | 'path'>): AuditAction | undefined =>
  path.startsWith(ROOT) ? ACTIONS[`${method} ${path.slice(ROOT.length)}`] : undefined;

/** The errors of the vault. Each names what it is about. */
import { TrainyardError } from '../errors.ts';
import type { Json } from '../ports/table/port.ts';

/** How many names a message has at most. */
const SHOWN = 20;

type Facts = { readonly [name: string]: Json };

abstract class VaultError extends TrainyardError {
  override readonly facts: Facts;
  constructor(message: string, facts: Facts) {
    super(message);
    this.facts = facts;
  }
}

export class ManagerNotFoundError extends VaultError {
  readonly code = 'manager_not_found';
  readonly status = 404;
  constructor(managerId: string, available: readonly string[]) {
    super(`Manager '${managerId}' not found`, { manager_id: managerId, available_managers: available });
  }
}

export class ModelNotFoundError extends VaultError {
  readonly code = 'model_not_found';
  readonly status = 404;
  constructor(managerId: string, name: string, available: readonly string[]) {
    super(`Model '${name}' not found in manager '${managerId}'`, {
      manager_id: managerId,
      model_name: name,
      available_models: available,
    });
  }
}

export class RevisionNotFoundError extends VaultError {
  readonly code = 'revision_not_found';
  readonly status = 404;
  constructor(managerId: string, name: string, revision: string, available: readonly string[]) {
    super(`Model '${name}' of manager '${managerId}' has no revision '${revision}' that is still kept`, {
      manager_id: managerId,
      model_name: name,
      available_revisions: available,
    });
  }
}

/** Several names, of which some or all do not exist. */
export class ModelsNotFoundError extends VaultError {
  readonly code = 'model_not_found';
  readonly status = 404;
  constructor(managerId: string, missing: readonly string[], found: readonly string[]) {
    super(`Not found in manager '${managerId}': ${missing.map((name) => `'${name}'`).join(', ')}`, {
      manager_id: managerId,
      missing,
      available_models: found,
    });
  }
}

export class BackupNotFoundError extends VaultError {
  readonly code = 'backup_not_found';
  readonly status = 404;
  constructor(managerId: string, name: string, available: readonly string[]) {
    super(`Backup '${name}' not found in manager '${managerId}'`, {
      manager_id: managerId,
      backup_name: name,
      available_backups: available,
    });
  }
}

export class BackupDeletedError extends VaultError {
  readonly code = 'backup_not_found';
  readonly status = 404;
  constructor(managerId: string, name: string) {
    super(`Backup '${name}' of manager '${managerId}' was deleted while it was being read`, {
      manager_id: managerId,
      backup_name: name,
    });
  }
}

export class ManagerExistsError extends VaultError {
  readonly code = 'manager_exists';
  readonly status = 409;
  constructor(managerId: string) {
    super(`Manager '${managerId}' already exists`, { manager_id: managerId });
  }
}

export class ManagerNotEmptyError extends VaultError {
  readonly code = 'manager_not_empty';
  readonly status = 409;
  constructor(managerId: string, models: number) {
    super(
      `Manager '${managerId}' has ${models} model${models === 1 ? '' : 's'}; set confirm_deletion to true to delete it with them`,
      { manager_id: managerId, model_count: models },
    );
  }
}

export class ModelExistsError extends VaultError {
  readonly code = 'model_exists';
  readonly status = 409;
  constructor(managerId: string, name: string) {
    super(`Model '${name}' already exists in manager '${managerId}'; set replace_existing to true to replace it`, {
      manager_id: managerId,
      model_name: name,
    });
  }
}

/** Something else was changed at the same moment. */
export class ModelChangedError extends VaultError {
  readonly code = 'model_changed';
  readonly status = 409;
  constructor(managerId: string, name: string) {
    super(`Model '${name}' was changed by another request at the same time; try again`, {
      manager_id: managerId,
      model_name: name,
    });
  }
}

/** The platform serves models that were made of these: they are deleted there first. */
export class ModelServedError extends VaultError {
  readonly code = 'model_served';
  readonly status = 409;
  constructor(managerId: string, names: readonly string[], platformModels: readonly string[]) {
    const shown = names.slice(0, SHOWN);
    super(
      `The platform serves ${shown.map((name) => `'${name}'`).join(', ')}${names.length > SHOWN ? ' and others' : ''}; delete the models of the platform first`,
      { manager_id: managerId, served_models: shown, platform_models: platformModels.slice(0, SHOWN) },
    );
  }
}

const EXISTING = {
  complete: ['already exists', ''],
  in_hand: ['is not complete', ': it is being made. Choose another name, or wait until it has ended'],
  broken_off: [
    'is not complete',
    ': its making was broken off. Delete it to have its name at once, or choose another one; it is deleted within an hour at most',
  ],
} as const;

export class BackupExistsError extends VaultError {
  readonly code = 'backup_exists';
  readonly status = 409;
  constructor(managerId: string, name: string, state: keyof typeof EXISTING = 'complete') {
    const [is, advice] = EXISTING[state];
    const message = `Backup '${name}' ${is} in manager '${managerId}'${advice}`;
    super(message, { manager_id: managerId, backup_name: name });
  }
}

export class WrongPasswordError extends VaultError {
  readonly code = 'wrong_password';
  readonly status = 403;
  constructor(facts: Facts, message = 'The password is wrong') {
    super(message, facts);
  }
}

/** What is stored is not what was stored: nothing of it is returned. */
export class StoredDataError extends VaultError {
  readonly code = 'integrity_error';
  readonly status = 422;
}

export class UnsafeArtifactError extends VaultError {
  readonly code = 'unsafe_artifact';
  readonly status = 422;
}

/** The request is well formed, but cannot be done with this model. */
export class UnsupportedModelError extends VaultError {
  readonly code = 'unsupported_model';
  readonly status = 422;
}

/** What lists and searches need of all models of a manager is more than is held in memory for one. */
export class ManagerTooLargeError extends VaultError {
  readonly code = 'manager_too_large';
  readonly status = 422;
  constructor(managerId: string, models: number, limitBytes: number) {
    super(
      `Manager '${managerId}' has too many models to list and search: names, descriptions, tags and metrics of the first ${models} take ${limitBytes} bytes of memory. Everything else works; delete some, or save more in another manager`,
      { manager_id: managerId, models_read: models, limit_bytes: limitBytes },
    );
  }
}

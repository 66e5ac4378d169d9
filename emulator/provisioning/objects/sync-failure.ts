/** Why one object was refused (facts E.6). The export of the others goes on. */
export const FAILURES = [
  'InvalidHardMatch',
  'InvalidSoftMatch',
  'ObjectTypeMismatch',
  'AttributeValueMustBeUnique',
  'IdentityDataValidationFailed',
  'DataValidationFailed',
  'LargeObject',
  'ExceededAllowedLength',
  'ExistingAdminRoleConflict',
  'DeletionAccessViolation',
  'AttributeUpdateNotAllowed',
  'QuotaExceeded',
  'ObjectNotFound',
  'ReferenceUpdateFailed',
  'AzureDirectoryServiceServerBusy',
] as const;
export type FailureCode = (typeof FAILURES)[number];

export interface Conflict {
  readonly attribute: string;
  readonly value: string;
  readonly objectId: string;
}

/** A refusal of one object. */
export class SyncFailure extends Error {
  readonly code: FailureCode;
  readonly conflict: Conflict | undefined;

  constructor(code: FailureCode, message: string, conflict?: Conflict) {
    super(message);
    this.code = code;
    this.conflict = conflict;
  }
}

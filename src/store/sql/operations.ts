import type { TargetType } from '../../model/change.ts';
import type { Action, AttributeChange, Cause, OperationState } from '../../model/plan.ts';
import type { StoredOperation } from '../store.ts';

export interface OperationRow {
  readonly id: number;
  readonly position: number | null;
  readonly level: number;
  readonly action: Action;
  readonly type: TargetType;
  readonly mv: number;
  readonly object: number | null;
  readonly anchor: string;
  readonly name: string;
  readonly late: number;
  readonly changes: string;
  readonly waits: string;
  readonly cause: string;
  readonly state: OperationState;
}

export const OPERATION_COLUMNS =
  'id, position, level, action, type, mv, object, anchor, name, late, changes, waits, cause, state';

/** Of an operation `o`: whether it switches an account off. */
export const DISABLES = `o.changes like '%"native":"accountEnabled","from":true,"to":false%'`;

export function toStoredOperation(row: OperationRow): StoredOperation {
  return {
    id: row.id,
    level: row.level,
    action: row.action,
    type: row.type,
    mv: row.mv,
    object: row.object,
    anchor: row.anchor,
    name: row.name,
    late: row.late === 1,
    changes: JSON.parse(row.changes) as AttributeChange[],
    waits: JSON.parse(row.waits) as number[],
    cause: JSON.parse(row.cause) as Cause,
    state: row.state,
  };
}

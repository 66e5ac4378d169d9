import type { TargetSchema } from '../connectors/connector.ts';
import type { FindingDetails } from '../model/finding.ts';
import type { PlanValue } from '../model/plan.ts';
import type { StoredOperation } from '../store/store.ts';
import { nativeName, uniqueKey } from './lookup.ts';

type Texts = Pick<FindingDetails, 'attribute' | 'value' | 'cause' | 'remedy'>;

/** What is said of a change that waits for a value which another object was to give up and did not. */
export function textsOfWait(schema: TargetSchema, task: StoredOperation, wait: StoredOperation): Texts {
  const awaited = awaitedValue(schema, task, wait);
  const what = awaited === null ? 'a value' : `${awaited.attribute} "${awaited.value}"`;
  const failed = wait.action === 'delete' ? 'deleted' : 'changed';
  return {
    ...awaited,
    cause: `It is to have ${what}, which the other object was to give up in the same run; but that could not be ${failed}. So nothing of this one was written either.`,
    remedy: `Put the other object (${wait.name}) right first: it has a finding of its own. Every run tries both again.`,
  };
}

/** The value that both have to do with; where the other one was to be deleted, all of its values count. */
function awaitedValue(
  schema: TargetSchema,
  { type, changes }: StoredOperation,
  wait: StoredOperation,
): { readonly attribute: string; readonly value: string } | null {
  for (const { attribute, to } of changes) {
    const kind = schema.attributes.find((one) => one.name === attribute)?.uniqueGroup;
    if (kind === undefined || kind === 'sourceAnchor' || typeof to !== 'string') continue;
    const isGiven = wait.changes.some(({ from }) => keysOf(kind, from).includes(uniqueKey(kind, to)));
    if (isGiven || wait.action === 'delete') return { attribute: nativeName(schema, type, attribute), value: to };
  }
  return null;
}

function keysOf(kind: string, value: PlanValue): readonly string[] {
  return [value].flat().flatMap((one) => (typeof one === 'string' ? [uniqueKey(kind, one)] : []));
}

/** What is said of references to objects that are not in the tenant although they were to be created. */
export function textsOfMissing(name: string, missing: string, count: number): Texts {
  const isOne = count === 1;
  const what = isOne
    ? `A reference of ${name} leads to ${missing}, which`
    : `${count} references of ${name} lead to objects (${missing} is one) that`;
  return {
    cause: `${what} could not be created in the tenant. All other changes of ${name} go through.`,
    remedy: `Put right what could not be created: ${isOne ? 'it has a finding of its' : 'they have findings of their'} own. Every run tries again.`,
  };
}

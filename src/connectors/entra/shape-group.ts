import type { Attributes } from '../../model/value.ts';
import type { ShapedObject } from '../connector.ts';
import { RULES } from './attributes.ts';
import { deriveGroupNickname, nicknameProblem, textOf } from './mail-nickname.ts';
import { Shaping, settleNickname, shapeOthers, shapeValue } from './shaping.ts';

const HANDLED: ReadonlySet<string> = new Set([
  'sourceAnchor',
  'alias',
  'displayName',
  'mail',
  'mailEnabled',
  'securityEnabled',
  'proxyAddresses',
]);

/** A group as the tenant can hold it; `current` is null for a creation. Graph creates security groups without mail, and no other (group-post-groups). */
export function shapeGroup(desired: Attributes, current: Attributes | null): ShapedObject {
  const shaping = new Shaping(RULES.group, current === null);
  const isMailEnabled = isTrue(desired, 'mailEnabled');
  if (current !== null && isMailGroup(current)) {
    const cause =
      'Microsoft Graph lets no application change mail-enabled groups, nor who is in them, so the group stays as it is.';
    shaping.block({ code: 'target-cannot-carry-object', attribute: null, value: null, cause });
  } else if (isMailEnabled && current !== null && desired['securityEnabled'] !== false) {
    // It was made before it had an address, and stays what it is.
    shaping.note({ code: 'target-cannot-carry-attribute', attribute: 'mail', value: textOf(desired['mail']) ?? null });
  } else if (isMailEnabled) {
    const cause = 'Microsoft Graph lets no application create mail-enabled groups, so the group is not synchronized.';
    shaping.block({ code: 'target-cannot-carry-object', attribute: null, value: null, cause });
  } else if (desired['securityEnabled'] === false) {
    const cause = 'Microsoft Graph lets no application create distribution groups, so the group is not synchronized.';
    shaping.block({ code: 'target-cannot-carry-object', attribute: null, value: null, cause });
  }
  const anchor = textOf(desired['sourceAnchor']);
  if (anchor === undefined) shaping.block({ code: 'anchor-missing', attribute: 'sourceAnchor', value: null });
  else shaping.set('sourceAnchor', anchor);
  shapeName(shaping, desired);
  shapeNickname(shaping, desired, current);
  shapeOthers(shaping, 'group', desired, HANDLED);
  return shaping.finish();
}

/** Distribution lists and mail-enabled security groups are Exchange's: Graph only reads them. Microsoft 365 groups have mail, too, and can be changed. */
export function isMailGroup(current: Attributes): boolean {
  const types = current['groupTypes'];
  const isUnified = Array.isArray(types) && types.includes('Unified');
  return isTrue(current, 'mailEnabled') && !isUnified;
}

function isTrue(desired: Attributes, name: string): boolean {
  const value = desired[name];
  return value === true || (typeof value === 'string' && value.toLowerCase() === 'true');
}

function shapeName(shaping: Shaping, desired: Attributes): void {
  const rule = RULES.group.get('displayName');
  const value = desired['displayName'];
  if (rule && value !== undefined && value !== '') shapeValue(shaping, rule, value);
  else shaping.lack({ code: 'attribute-missing', attribute: 'displayName', value: null });
}

function shapeNickname(shaping: Shaping, desired: Attributes, current: Attributes | null): void {
  const given = textOf(desired['alias']);
  const nickname = settleNickname(shaping, {
    given,
    held: textOf(current?.['alias']),
    derive: () => deriveGroupNickname(desired),
  });
  const problem = nicknameProblem(given, nickname);
  if (problem !== null) shaping.note(problem);
}

import { isReferenceAttribute } from '../../rules/reference-attributes.ts';
import { TENANT_CONNECTOR } from '../connect-connector.ts';
import type { ConnectRule } from '../connect-rule.ts';
import { CONNECT_FLOWS } from '../connect-rules.ts';
import { connectRuleFor } from '../microsoft-rules.ts';
import { OBJECT_TYPE } from './difference.ts';

/** What Connect only reads from the tenant, or keeps for itself: no standard rule gives it to an object there. */
const ONLY_IMPORTED: ReadonlySet<string> = new Set([
  'alternativeSecurityId',
  'approximateLastLogonTimestamp',
  'deviceObjectVersion',
  'devicePhysicalIds',
  'dirSyncOverrides',
  'isCompliant',
  'isManaged',
  'msExchRecipientSoftDeletedStatus',
  'registeredUsersReference',
  'searchableDeviceKey',
  'signInNames',
  'stkDeviceKey',
]);

/** What our rules give beyond those of Connect, and why that does not change the tenant. */
const ONLY_OURS: readonly { readonly type: string; readonly attribute: string; readonly because: string }[] = [
  { type: 'group', attribute: 'mailEnabled', because: 'Connect lets the tenant work it out from the addresses' },
  {
    type: 'group',
    attribute: 'onPremisesSamAccountName',
    because: 'newer versions of Connect give it, too, and the tenant takes it from nobody else',
  },
];

/** Where a difference is as it should be; null where nothing is known of it. */
export function knownDifference(
  type: string,
  attribute: string,
  { hasOurs, hasConnect, isLeft, isFlowing }: DifferenceFacts,
): string | null {
  if (/^cloud/i.test(attribute) || ONLY_IMPORTED.has(attribute))
    return isFlowing ? null : 'Connect only reads it from the tenant and gives it to nobody there';
  if (attribute === 'export_password') return 'a password that Connect has made up for a new user';
  if (isLeft && hasConnect) return flowReason(type, attribute) ?? LEFT;
  if (!hasConnect) return ONLY_OURS.find((one) => one.type === type && one.attribute === attribute)?.because ?? null;
  return hasOurs ? null : flowReason(type, attribute);
}

const LEFT = 'what the tenant holds stays where the directory says nothing (IgnoreThisFlow)';

export interface DifferenceFacts {
  readonly hasOurs: boolean;
  readonly hasConnect: boolean;
  /** A rule of ours leaves what the tenant holds. */
  readonly isLeft: boolean;
  /** A rule of ours gives the attribute. */
  readonly isFlowing: boolean;
}

/** The account of flows of Connect's that go another way here. */
function flowReason(type: string, attribute: string): string | null {
  // Where there is such a flow here, a missing value is worth a look.
  const flow = CONNECT_FLOWS.find(
    (one) => one.isThere !== true && one.attribute === attribute && typesOf(one.rules).includes(type),
  );
  return flow?.because ?? null;
}

/** The kinds of objects in the tenant that rules of these names are for. */
function typesOf(rules: string): readonly string[] {
  const [, kind = ''] = /^(?:In from|Out to) A?AD - (\w*)/.exec(rules) ?? [];
  if (kind === '') return ['user', 'group', 'contact', 'device'];
  return [kind === 'Computer' ? 'device' : kind === 'InetOrgPerson' ? 'user' : kind.toLowerCase()];
}

/** The rules by which Connect gives attributes to the objects of its tenant connector. */
export class ConnectSide {
  readonly #rules: readonly ConnectRule[] | null;
  readonly #known = new Map<string, string | null>();

  /** `rules`: those of an exported configuration; null: the standard rules. */
  constructor(rules: readonly ConnectRule[] | null) {
    this.#rules =
      rules?.filter(
        (rule) => rule.direction === 'outbound' && isOfTenant(rule) && !rule.disabled && !rule.isNameOnly,
      ) ?? null;
  }

  /**
   * In words, since csexport does not tell: the rule of the lowest precedence that has a flow for it. `isOpen`: there is a value of Connect's that
   * nothing else explains.
   */
  ruleFor(type: string, attribute: string, isOpen: boolean): string {
    return this.#rule(type, attribute) ?? this.#noRule(attribute, isOpen);
  }

  /** Whether a rule gives it, as far as is known. */
  isFlowing(type: string, attribute: string): boolean {
    return this.#rule(type, attribute) !== null;
  }

  #rule(type: string, attribute: string): string | null {
    const key = `${type}/${attribute}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const rule = this.#describe(type, attribute);
    this.#known.set(key, rule);
    return rule;
  }

  #describe(type: string, attribute: string): string | null {
    if (attribute === OBJECT_TYPE) return `"${this.#provisioning(type)}"`;
    if (this.#rules === null) {
      const rule = connectRuleFor(type, attribute);
      return rule === null ? null : `"${rule}"`;
    }
    const givers = this.#givers(this.#rules, type, attribute);
    const [first] = givers;
    if (first === undefined) return null;
    const own = first.tag === '' ? ', a rule of yours' : '';
    const flow = first.flows.find((one) => one.target === attribute);
    const text = flow === undefined || flow.text === attribute ? '' : `: ${flow.text}`;
    const more = givers.length === 1 ? '' : ` (${givers.length - 1} more give it, after this one)`;
    return `"${first.name}"${own}${text}${more}`;
  }

  #noRule(attribute: string, isOpen: boolean): string {
    if (this.#rules !== null) return 'no rule of the exported configuration gives it';
    if (!isOpen) return 'no standard rule of Connect gives it';
    return attribute.startsWith('extension_')
      ? 'no standard rule of Connect gives it: a directory extension'
      : 'no standard rule of Connect gives it: a rule of yours, or one of a newer version';
  }

  /** The rule that makes objects of that type in the tenant. */
  #provisioning(type: string): string {
    const own = this.#rules?.find((rule) => rule.targetType.toLowerCase() === type && /provision/i.test(rule.link));
    return own?.name ?? connectRuleFor(type, 'dn') ?? '';
  }

  #givers(rules: readonly ConnectRule[], type: string, attribute: string): readonly ConnectRule[] {
    const found = rules.filter(
      (rule) => rule.targetType.toLowerCase() === type && rule.flows.some((flow) => flow.target === attribute),
    );
    if (!isReferenceAttribute(attribute)) return found;
    // An expression can only refuse references, as that of too many members does.
    const direct = found.filter((rule) =>
      rule.flows.some((flow) => flow.target === attribute && flow.kind === 'direct'),
    );
    return direct.length === 0 ? found : direct;
  }
}

function isOfTenant({ connector }: ConnectRule): boolean {
  return connector === TENANT_CONNECTOR;
}

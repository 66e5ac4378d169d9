import type { TargetType } from '../../model/change.ts';
import type { Attributes, Value } from '../../model/value.ts';
import { printValue } from '../../model/value.ts';
import type { ShapedObject, ShapeProblem } from '../connector.ts';
import { type AttributeRule, isWritableType, REFERENCES, RULES, type WritableType } from './attributes.ts';
import { cleanNickname, type DerivedNickname } from './mail-nickname.ts';

/**
 * What tells where an object comes from. Every synchronized object has it, the tenant fills it through directory synchronization alone, and
 * the guide says so; a finding in every tenant would tell nobody anything.
 */
const RECORDS_OF_ORIGIN: ReadonlySet<string> = new Set([
  'commonName',
  'dnsDomainName',
  'lastPasswordChangeTimestamp',
  'netBiosName',
  'onPremisesSamAccountName',
  'onPremiseSecurityIdentifier',
]);
const REFERENCE_NAMES: ReadonlySet<string> = new Set(REFERENCES.map((one) => one.name));

/** The attributes that have a place in Graph, or of which we make others. */
const OF_USE: Readonly<Record<WritableType, (name: string) => boolean>> = {
  user: (name) => RULES.user.has(name),
  group: (name) => RULES.group.has(name) || name === 'mail' || name === 'onPremisesSamAccountName',
};

/** What to say of an attribute that Graph has no place for; see `TargetSchema.lossOf`. */
export function lossOf(type: TargetType, name: string): 'told' | 'known' | null {
  if (REFERENCE_NAMES.has(name) || !isWritableType(type) || OF_USE[type](name)) return null;
  return RECORDS_OF_ORIGIN.has(name) ? 'known' : 'told';
}

/** What becomes of the object when one value cannot be taken; `lack` says it otherwise. */
export const WITHOUT_IT = 'the rest of the object is synchronized without it';
const NOT_CREATED = 'without it the object is not created';
const KEPT = 'the object keeps the one that it has in the tenant, and the rest of it is synchronized';

/** Attributes by their neutral names. */
type NativeNames = ReadonlyMap<string, { readonly native: string }>;

/** Collects what becomes of one object while its attributes are looked at one after the other. */
export class Shaping {
  readonly #attributes: Record<string, Value> = {};
  readonly #withheld: string[] = [];
  readonly #ended: string[] = [];
  readonly #derived: Record<string, string> = {};
  readonly #problems: ShapeProblem[] = [];
  readonly #isCreation: boolean;
  #blocked = false;

  readonly #names: NativeNames;

  /** `names`: what the target calls the attributes of such an object. */
  constructor(names: NativeNames, isCreation: boolean) {
    this.#names = names;
    this.#isCreation = isCreation;
  }

  set(name: string, value: Value): void {
    this.#attributes[name] = value;
  }

  /** Sets an attribute that was made of another one. */
  derive(name: string, value: Value, from: string): void {
    this.#attributes[name] = value;
    this.#derived[name] = from;
  }

  note(problem: ShapeProblem): void {
    this.#problems.push(problem);
  }

  /** Leaves the attribute out; the tenant keeps what it has. */
  withhold(problem: ShapeProblem & { readonly attribute: string }): void {
    this.#problems.push(problem);
    this.#withheld.push(problem.attribute);
  }

  /** A state of the object that ends when it is written. */
  end(name: string): void {
    this.#ended.push(name);
  }

  block(problem: ShapeProblem): void {
    this.#problems.push(problem);
    this.#blocked = true;
  }

  /** Without this value nothing can be created; an object that is there already keeps the value it has. */
  lack(problem: ShapeProblem & { readonly attribute: string }): void {
    if (this.#isCreation) this.#blocked = true;
    const told =
      problem.cause ??
      `The tenant demands ${this.#nativeName(problem.attribute)}, and the directory gives none; ${WITHOUT_IT}.`;
    this.withhold({ ...problem, cause: told.replace(WITHOUT_IT, this.#isCreation ? NOT_CREATED : KEPT) });
  }

  #nativeName(name: string): string {
    return this.#names.get(name)?.native ?? name;
  }

  finish(): ShapedObject {
    return {
      attributes: this.#attributes,
      withheld: this.#withheld,
      ...(this.#ended.length === 0 ? {} : { ended: this.#ended }),
      problems: this.#blocked ? this.#problems.map(withoutRest) : this.#problems,
      blocked: this.#blocked,
      derived: this.#derived,
    };
  }
}

/** Of an object that is not created there is no rest. */
function withoutRest(problem: ShapeProblem): ShapeProblem {
  return problem.cause === undefined ? problem : { ...problem, cause: problem.cause.replace(`; ${WITHOUT_IT}`, '') };
}

interface NicknameSources {
  /** What the directory says. */
  readonly given: string | undefined;
  /** What the tenant has. */
  readonly held: string | undefined;
  readonly derive: () => DerivedNickname | undefined;
}

/** The given mail nickname made fit, else the one in use, else a derived one. */
export function settleNickname(shaping: Shaping, { given, held, derive }: NicknameSources): string | undefined {
  const kept = cleanNickname(given);
  const derived = kept === undefined ? derive() : undefined;
  const nickname = kept ?? held ?? derived?.nickname;
  if (nickname === undefined) shaping.lack({ code: 'attribute-missing', attribute: 'alias', value: null });
  else if (derived?.nickname === nickname) shaping.derive('alias', nickname, derived.from);
  else shaping.set('alias', nickname);
  return nickname;
}

/** Checks one attribute against the rule of its name and takes it over, or says why not. */
export function shapeValue(shaping: Shaping, rule: AttributeRule, given: Value): void {
  const value = convert(rule, given);
  if (value === undefined) return;
  const problem = findProblem(rule, value);
  if (problem === null) shaping.set(rule.name, value);
  else if (rule.name === 'displayName') shaping.lack(problem);
  else shaping.withhold(problem);
}

/** Every attribute that needs no more than its own rule. `handled`: the names that the caller looks at itself. */
export function shapeOthers(
  shaping: Shaping,
  type: WritableType,
  desired: Attributes,
  handled: ReadonlySet<string>,
): void {
  const rules = RULES[type];
  for (const name of Object.keys(desired)) {
    if (handled.has(name)) continue;
    const value = desired[name];
    const rule = rules.get(name);
    if (value === undefined || rule?.readOnly) continue;
    if (rule) shapeValue(shaping, rule, value);
    else if (lossOf(type, name) === 'told' && !isDefault(name, value))
      shaping.note({ code: 'target-cannot-carry-attribute', attribute: name, value: textForPeople(value) });
  }
}

/** Active Directory gives every account the country code 0, which stands for no country: nothing is lost with it. */
function isDefault(name: string, value: Value): boolean {
  return name === 'countryCode' && (value === 0n || value === '0');
}

/** The form in which the tenant holds a value; undefined for what Graph counts as no value. */
function convert(rule: AttributeRule, given: Value): Value | undefined {
  if (rule.form === 'list') {
    const list = (Array.isArray(given) ? given : [given]).filter((one) => one !== '');
    return list.length === 0 ? undefined : list;
  }
  const single = Array.isArray(given) ? given[0] : given;
  if (single === undefined || single === '') return undefined;
  if (rule.name === 'usageLocation' && typeof single === 'string') return single.toUpperCase();
  if (rule.form === 'time' && typeof single === 'string') return toGraphTime(single);
  if (rule.form === 'flag') return toFlag(single as Value);
  return typeof single === 'bigint' ? single.toString() : (single as Value);
}

function toFlag(value: Value): Value {
  if (typeof value !== 'string') return value;
  const text = value.toLowerCase();
  if (text === 'true') return true;
  return text === 'false' ? false : value;
}

const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z$/;

/** GeneralizedTime (RFC 4517 3.3.13) or ISO 8601 to the second, as Graph prints it; anything else as it is. */
function toGraphTime(text: string): string {
  const iso = text.replace(GENERALIZED_TIME, '$1-$2-$3T$4:$5:$6Z');
  if (!/^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(iso)) return text;
  const time = Date.parse(iso);
  return Number.isNaN(time) ? text : `${new Date(time).toISOString().slice(0, 19)}Z`;
}

type AttributeProblem = ShapeProblem & { readonly attribute: string };

function findProblem(rule: AttributeRule, value: Value): AttributeProblem | null {
  const about = { attribute: rule.name, value: textForPeople(value) };
  if (rule.form === 'flag') {
    return typeof value === 'boolean'
      ? null
      : { code: 'attribute-invalid', ...about, cause: `${rule.native} must be true or false; ${WITHOUT_IT}.` };
  }
  const values = Array.isArray(value) ? value : [value];
  if (rule.mostValues !== undefined && values.length > rule.mostValues) {
    const cause = `${rule.native} takes at most ${rule.mostValues} values, this has ${values.length}; ${WITHOUT_IT}.`;
    return { code: 'attribute-invalid', ...about, cause };
  }
  for (const one of values) {
    if (typeof one !== 'string')
      return {
        code: 'attribute-invalid',
        ...about,
        cause: `${rule.native} takes text only, this is binary; ${WITHOUT_IT}.`,
      };
    const problem = findTextProblem(rule, one);
    if (problem) return problem;
  }
  return null;
}

function findTextProblem(rule: AttributeRule, text: string): AttributeProblem | null {
  if (rule.maximum !== undefined && text.length > rule.maximum) {
    const cause = `${rule.native} takes at most ${rule.maximum} characters, this has ${text.length}; ${WITHOUT_IT}.`;
    return { code: 'attribute-too-long', attribute: rule.name, value: textForPeople(text), cause };
  }
  if (rule.pattern?.test(text) === false || rule.oneOf?.has(text) === false) {
    const cause = `${rule.native} ${rule.demand ?? 'does not take this value'}; ${WITHOUT_IT}.`;
    return { code: 'attribute-invalid', attribute: rule.name, value: textForPeople(text), cause };
  }
  return null;
}

/** A value short enough for a finding. */
export function textForPeople(value: Value): string {
  const printed = printValue(value);
  const text = Array.isArray(printed) ? printed.join(', ') : String(printed);
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

import { TARGET_TYPES, type TargetType } from '../../../../model/change.ts';
import { type Attributes, type Scalar, scalarsOf, type Value } from '../../../../model/value.ts';
import type { ShapedObject, ShapeProblem } from '../../../connector.ts';
import { COUNTRIES } from '../../countries.ts';
import { deriveGroupNickname, deriveUserNickname, nicknameProblem, textOf } from '../../mail-nickname.ts';
import { shapeUpn } from '../../shape-user.ts';
import { Shaping, settleNickname, textForPeople, WITHOUT_IT } from '../../shaping.ts';
import { verifiedDomains } from '../../user-principal-name.ts';
import { ATTRIBUTES_OF, CLOUD_MASTERED, REFERENCES_OF, type SyncAttribute } from './attributes.ts';
import { inOrderOf } from './order-of-values.ts';
import { shapeAddresses } from './shape-addresses.ts';

type Facts = Readonly<Record<string, string>>;

const HANDLED: ReadonlySet<string> = new Set([
  'sourceAnchor',
  'userPrincipalName',
  'alias',
  'displayName',
  'accountEnabled',
  'proxyAddresses',
  'userType',
  CLOUD_MASTERED,
]);

/** An object as the provisioning service takes it; `current` is null for a creation. */
export function shapeObject(
  type: TargetType,
  desired: Attributes,
  current: Attributes | null,
  facts: Facts,
): ShapedObject {
  const shaping = new Shaping(ATTRIBUTES_OF[type], current === null);
  shapeAnchor(shaping, desired);
  if (current?.[CLOUD_MASTERED] === true) shaping.end(CLOUD_MASTERED);
  shapeRequired(shaping, type, desired, 'displayName');
  if (type === 'user') shapeRequired(shaping, type, desired, 'accountEnabled');
  else if (type === 'device') shapeOne(shaping, type, 'accountEnabled', desired, current);
  const nickname = type === 'device' ? undefined : shapeNickname(shaping, type, desired, current);
  if (type === 'user') shapeUpn(shaping, desired, current, nickname, verifiedDomains(facts));
  if (type !== 'device') shapeAddresses(shaping, type, desired, current, facts);
  for (const name of Object.keys(desired)) if (!HANDLED.has(name)) shapeOne(shaping, type, name, desired, current);
  return shaping.finish();
}

/** What tells where an object comes from by other means than an attribute of its own. */
const WORKED_OUT: ReadonlySet<string> = new Set(['mailEnabled', 'groupTypes', 'onPremisesSyncEnabled', 'userType']);

/** See `TargetSchema.lossOf`. */
export function lossOfAttribute(type: TargetType, name: string): 'told' | 'known' | null {
  if (!TARGET_TYPES.includes(type)) return null;
  if (WORKED_OUT.has(name) || name.startsWith('cloud')) return 'known';
  return ATTRIBUTES_OF[type].has(name) || REFERENCES_OF[type].has(name) ? null : 'told';
}

function shapeAnchor(shaping: Shaping, desired: Attributes): void {
  const anchor = textOf(desired['sourceAnchor']);
  if (anchor === undefined) shaping.block({ code: 'anchor-missing', attribute: 'sourceAnchor', value: null });
  else shaping.set('sourceAnchor', anchor);
}

function shapeRequired(shaping: Shaping, type: TargetType, desired: Attributes, name: string): void {
  const value = convert(ATTRIBUTES_OF[type].get(name), desired[name]);
  const problem = value === undefined ? null : findProblem(ATTRIBUTES_OF[type].get(name), value);
  if (value === undefined) shaping.lack({ code: 'attribute-missing', attribute: name, value: null });
  else if (problem === null) shaping.set(name, value);
  else shaping.lack(problem);
}

/** The mail nickname is the tenant's to work out where nothing of it is known: a contact or a group may be without one. */
function shapeNickname(
  shaping: Shaping,
  type: TargetType,
  desired: Attributes,
  current: Attributes | null,
): string | undefined {
  const given = textOf(desired['alias']);
  const held = textOf(current?.['alias']);
  const derive = () => (type === 'group' ? deriveGroupNickname(desired) : deriveUserNickname(desired));
  if (type === 'contact' && given === undefined && held === undefined && derive() === undefined) return undefined;
  const nickname = settleNickname(shaping, { given, held, derive });
  const problem = nicknameProblem(given, nickname);
  if (problem !== null) shaping.note(problem);
  return nickname;
}

function shapeOne(
  shaping: Shaping,
  type: TargetType,
  name: string,
  desired: Attributes,
  current: Attributes | null,
): void {
  const attribute = ATTRIBUTES_OF[type].get(name);
  const given = desired[name];
  if (attribute === undefined) {
    if (given !== undefined && lossOfAttribute(type, name) === 'told')
      shaping.note({ code: 'target-cannot-carry-attribute', attribute: name, value: textForPeople(given) });
    return;
  }
  const value = convert(attribute, given);
  if (value === undefined) return;
  const problem = findProblem(attribute, value);
  if (problem === null) shaping.set(name, inOrderOf(value, current?.[name]));
  else shaping.withhold(problem);
}

/** The form in which the space holds a value, numbers in decimal and bytes in base64; undefined for none. */
function convert(attribute: SyncAttribute | undefined, given: Value | undefined): Value | undefined {
  if (attribute === undefined) return undefined;
  const scalars = scalarsOf(given).filter((one) => one !== '');
  const [first] = scalars;
  if (first === undefined) return undefined;
  if (attribute.form === 'texts' || attribute.form === 'byteLists') return scalars.map(toText);
  if (attribute.form === 'flag') return toFlag(first);
  return attribute.name === 'usageLocation' ? toText(first).toUpperCase() : toText(first);
}

function toFlag(value: Scalar): Scalar {
  const text = String(value).toLowerCase();
  return text === 'true' || text === 'false' ? text === 'true' : value;
}

function toText(value: Scalar): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(value);
}

type Problem = ShapeProblem & { readonly attribute: string };

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const FITS: Readonly<Record<SyncAttribute['form'], (one: Scalar) => boolean>> = {
  text: () => true,
  texts: () => true,
  flag: (one) => typeof one === 'boolean',
  integer: (one) => /^-?\d{1,19}$/.test(String(one)),
  bytes: (one) => BASE64.test(String(one)),
  byteLists: (one) => BASE64.test(String(one)),
};
const WORDS: Readonly<Record<SyncAttribute['form'], string>> = {
  text: 'text',
  texts: 'text',
  flag: 'true or false',
  integer: 'whole numbers',
  bytes: 'binary values',
  byteLists: 'binary values',
};

function findProblem(attribute: SyncAttribute | undefined, value: Value): Problem | null {
  if (attribute === undefined) return null;
  const { name, form, maximum, mostValues } = attribute;
  const scalars = scalarsOf(value);
  const about = { attribute: name, value: textForPeople(value) };
  if (!scalars.every(FITS[form]))
    return { code: 'attribute-invalid', ...about, cause: `${name} takes ${WORDS[form]} only; ${WITHOUT_IT}.` };
  if (mostValues !== undefined && scalars.length > mostValues) {
    const cause = `${name} takes at most ${mostValues} values, this has ${scalars.length}; ${WITHOUT_IT}.`;
    return { code: 'attribute-too-long', ...about, cause };
  }
  const longest = Math.max(...scalars.map((one) => lengthOf(one, form)));
  if (maximum !== undefined && longest > maximum) {
    const unit = form === 'bytes' || form === 'byteLists' ? 'bytes' : 'characters';
    const cause = `${name} takes at most ${maximum} ${unit}, this has ${longest}; ${WITHOUT_IT}.`;
    return { code: 'attribute-too-long', ...about, cause };
  }
  return findTextProblem(name, scalars, about);
}

/** Control characters that XML 1.0 (2.2) has no place for, and halves of characters. */
function isNoXml(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text) || !text.isWellFormed();
}

function findTextProblem(
  name: string,
  scalars: readonly Scalar[],
  about: Pick<Problem, 'attribute' | 'value'>,
): Problem | null {
  if (scalars.some((one) => typeof one === 'string' && isNoXml(one))) {
    const cause = `${name} holds control characters, which the service cannot be sent; ${WITHOUT_IT}.`;
    return { code: 'attribute-invalid', ...about, cause };
  }
  if (name !== 'usageLocation' || COUNTRIES.has(String(scalars[0]))) return null;
  const cause = `usageLocation must be a country code of two letters (ISO 3166); ${WITHOUT_IT}.`;
  return { code: 'attribute-invalid', ...about, cause };
}

function lengthOf(value: Scalar, form: SyncAttribute['form']): number {
  if (typeof value !== 'string') return 0;
  return form === 'bytes' || form === 'byteLists' ? Buffer.byteLength(value, 'base64') : value.length;
}

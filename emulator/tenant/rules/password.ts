import { createHash } from 'node:crypto';
import { isRecord } from '../../json-value.ts';
import { passwordTooWeak, propertyUnknown, valueMistyped, valueRequired } from '../../refusals.ts';
import type { Entity, Value, Values } from '../entity.ts';
import { matchesCredential } from '../passwords/synchronized-credential.ts';

const FLAGS = ['forceChangePasswordNextSignIn', 'forceChangePasswordNextSignInWithMfa'] as const;
const CLASSES = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/] as const;

/** What a new password is judged by. */
export interface PasswordContext {
  readonly isCreation: boolean;
  readonly policies: Value | undefined;
  /** Name that the password must not hold; undefined: that is not looked at. */
  readonly forbiddenName: string | undefined;
}

/** A shorter name is in too many passwords by chance. */
const SHORTEST_NAME = 5;

/**
 * Judges a passwordProfile and returns what is stored: a hash and the flags, never the password. 8-256 printable
 * ASCII characters of three classes, unless the policy DisableStrongPassword takes the classes off; without the user's name.
 */
export function checkPasswordProfile(
  profile: unknown,
  { isCreation, policies, forbiddenName }: PasswordContext,
): Value {
  if (!isRecord(profile)) throw valueMistyped('passwordProfile', 'microsoft.graph.passwordProfile');
  const stored: Record<string, Value> = {};
  for (const [name, value] of Object.entries(profile)) {
    if (name === 'password' || name.startsWith('@odata.')) continue;
    if (!FLAGS.some((flag) => flag === name)) throw propertyUnknown(name);
    if (typeof value !== 'boolean') throw valueMistyped(name, 'Edm.Boolean');
    stored[name] = value;
  }
  const password = profile['password'];
  if (password === undefined || password === null) {
    if (isCreation) throw valueRequired('passwordProfile.password', 'User');
    return stored;
  }
  if (typeof password !== 'string') throw valueMistyped('password', 'Edm.String');
  const isWeakAllowed = typeof policies === 'string' && policies.includes('DisableStrongPassword');
  const name = forbiddenName?.toLowerCase() ?? '';
  const hasName = name.length >= SHORTEST_NAME && password.toLowerCase().includes(name);
  if (hasName || !isPasswordAccepted(password, isWeakAllowed)) throw passwordTooWeak();
  stored['hash'] = hashPassword(password);
  return stored;
}

function isPasswordAccepted(password: string, isWeakAllowed: boolean): boolean {
  if (password.length < 8 || password.length > 256 || !/^[\x20-\x7e]+$/.test(password)) return false;
  return isWeakAllowed || CLASSES.filter((part) => part.test(password)).length >= 3;
}

/** What a user's values hold of the password: of one set in the cloud its hash, of a synchronized one the credential. */
function profileOf(user: Entity): Readonly<Record<string, unknown>> {
  const profile = user.values['passwordProfile'];
  return isRecord(profile) ? profile : {};
}

export function hasPassword(user: Entity, password: string): boolean {
  const { hash, credential } = profileOf(user);
  if (typeof credential === 'string') return matchesCredential(credential, password);
  return hash === hashPassword(password);
}

/** Whether the password is good for nothing but being changed. */
export function mustChangePassword(user: Entity): boolean {
  const profile = profileOf(user);
  return FLAGS.some((flag) => profile[flag] === true);
}

/** The profile after a change through Graph; a new password takes the place of a synchronized one. */
export function mergePasswordProfile(user: Entity, change: Value): Value {
  const { hash, credential, ...flags } = profileOf(user) as Values;
  const before = { ...(hash === undefined ? {} : { hash }), ...(credential === undefined ? {} : { credential }) };
  const given = isRecord(change) ? (change as Values) : {};
  return { ...flags, ...(given['hash'] === undefined ? before : {}), ...given };
}

/** The profile that a synchronized hash makes; nothing of the former password stays. */
export function synchronizedProfile(credential: string, mustChange: boolean): Value {
  return { credential, forceChangePasswordNextSignIn: mustChange };
}

/** What may be shown of a synchronized password; undefined where there is none. */
export function describePasswordState(user: Entity): Readonly<Record<string, unknown>> | undefined {
  if (!isPasswordSynchronized(user)) return undefined;
  const changedAt = user.values['lastPasswordChangeDateTime'] ?? null;
  return { isSynchronized: true, changedAt, forceChange: mustChangePassword(user) };
}

export function isPasswordSynchronized(user: Entity): boolean {
  return typeof profileOf(user)['credential'] === 'string';
}

export function hashPassword(password: string): string {
  return createHash('sha256').update(password, 'utf8').digest('base64');
}

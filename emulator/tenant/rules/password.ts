import { createHash } from 'node:crypto';
import { isRecord } from '../../json-value.ts';
import { passwordTooWeak, propertyUnknown, valueMistyped, valueRequired } from '../../refusals.ts';
import type { Entity, Value } from '../entity.ts';

const FLAGS = ['forceChangePasswordNextSignIn', 'forceChangePasswordNextSignInWithMfa'] as const;
const CLASSES = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/] as const;

/**
 * Judges a passwordProfile and returns what is stored: a hash and the flags, never the password. 8-256 printable
 * ASCII characters of three classes, unless the policy DisableStrongPassword takes the classes off.
 */
export function checkPasswordProfile(profile: unknown, isCreation: boolean, policies: Value | undefined): Value {
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
  if (!isPasswordAccepted(password, isWeakAllowed)) throw passwordTooWeak();
  stored['hash'] = hashPassword(password);
  return stored;
}

function isPasswordAccepted(password: string, isWeakAllowed: boolean): boolean {
  if (password.length < 8 || password.length > 256 || !/^[\x20-\x7e]+$/.test(password)) return false;
  return isWeakAllowed || CLASSES.filter((part) => part.test(password)).length >= 3;
}

export function hasPassword(user: Entity, password: string): boolean {
  const profile = user.values['passwordProfile'];
  return isRecord(profile) && profile['hash'] === hashPassword(password);
}

/** Whether the password is good for nothing but being changed. */
export function mustChangePassword(user: Entity): boolean {
  const profile = user.values['passwordProfile'];
  return isRecord(profile) && FLAGS.some((flag) => profile[flag] === true);
}

export function hashPassword(password: string): string {
  return createHash('sha256').update(password, 'utf8').digest('base64');
}

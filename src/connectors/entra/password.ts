import { randomBytes } from 'node:crypto';

/** 36 random bytes in base64 are 48 characters; the four at the end see to all four classes (password policy: three of four). */
const CLASSES = 'aZ3!';

/**
 * The profile that a new user has to have. Nobody ever learns the password: it goes into the request and nowhere else. The user is not made to
 * change it at the first sign-in: he cannot sign in with it, and the mark would stand in the way of the password that comes
 * later (hash synchronization, federation, an administrator's reset).
 */
export function createPasswordProfile(): Readonly<Record<string, unknown>> {
  return {
    password: `${randomBytes(36).toString('base64')}${CLASSES}`,
    forceChangePasswordNextSignIn: false,
  };
}

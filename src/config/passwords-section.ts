import { z } from 'zod';
import { duration } from './duration.ts';

export const PASSWORD_METHODS = ['off', 'hash', 'capture'] as const;
export type PasswordMethod = (typeof PASSWORD_METHODS)[number];

const dn = z.string().regex(/=/, { error: 'must be a DN such as OU=Accounts,DC=corp,DC=example,DC=com' });

/** The section `passwords`. `only` and `except`: containers, groups (their direct members) and accounts. The last four are of the method `capture`. */
export const passwordsSchema = z
  .strictObject({
    method: z.enum(PASSWORD_METHODS).default('off'),
    only: z.array(dn).default([]),
    except: z.array(dn).default([]),
    expiredAccounts: z.enum(['send', 'block']).default('send'),
    /** Whether a password expires in the tenant by the tenant's own policy. Undefined: with hashes, what the tenant does already; else never. */
    expiration: z.enum(['never', 'tenant']).optional(),
    /** Where domain controllers hand new passwords over: a Unix socket, or a named pipe of Windows. */
    socket: z
      .string()
      .regex(/^(\/|\\\\[.?]\\pipe\\)./i, {
        error: 'must be an absolute path such as /run/dirbridge/passwords.sock',
      })
      .optional(),
    /** Who may: the owner of the socket (and root), or also the group of its folder. */
    socketAccess: z.enum(['owner', 'group']).default('owner'),
    /** So long a password is kept in memory while the tenant is away or the user is not there yet. */
    hold: duration.prefault('1h'),
    /** Whether a password that has to be changed at the next logon is set in the tenant, with the same demand. */
    temporaryPasswords: z.enum(['withhold', 'send']).default('withhold'),
  })
  .check((context) => {
    const { method, socket, expiredAccounts } = context.value;
    if (method !== 'capture') return;
    const issue = (key: string, message: string): void => {
      context.issues.push({ code: 'custom', input: context.value, path: [key], message });
    };
    if (socket === undefined)
      issue('socket', 'is missing: with method: capture name the socket, such as /run/dirbridge/passwords.sock');
    if (expiredAccounts === 'block')
      issue('expiredAccounts', 'cannot be block with method: capture, which knows no password to put back later');
  });
export type PasswordConfig = z.infer<typeof passwordsSchema>;

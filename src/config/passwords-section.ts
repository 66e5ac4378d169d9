import { z } from 'zod';

export const PASSWORD_METHODS = ['off', 'hash', 'capture'] as const;
export type PasswordMethod = (typeof PASSWORD_METHODS)[number];

const dn = z.string().regex(/=/, { error: 'must be a DN such as OU=Accounts,DC=corp,DC=example,DC=com' });

/** The section `passwords`. `only` and `except`: containers, groups (their direct members) and accounts. */
export const passwordsSchema = z.strictObject({
  method: z.enum(PASSWORD_METHODS).default('off'),
  only: z.array(dn).default([]),
  except: z.array(dn).default([]),
  expiredAccounts: z.enum(['send', 'block']).default('send'),
});
export type PasswordConfig = z.infer<typeof passwordsSchema>;

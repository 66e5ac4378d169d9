import { z } from 'zod';
import { secretSource } from '../connector.ts';

const DURATION = /^(\d+)(ms|s|m)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

const duration = z.string().regex(DURATION, 'must be a number with ms, s or m, such as 10s');

/** Milliseconds of a duration that the section has accepted. */
export function parseDuration(text: string): number {
  const [, count = '0', unit = 'ms'] = DURATION.exec(text) ?? [];
  return Number(count) * (UNIT_MS[unit] ?? 1);
}

/** How changes are found after the first import. `auto`: DirSync, and uSNChanged where the server refuses it. */
export const DELTA_METHODS = ['auto', 'dirsync', 'usn'] as const;

/** The section of a source of kind `ad`, without what every source has (name, kind, scope). */
export const adSection = z.strictObject({
  servers: z
    .array(
      z
        .string()
        .regex(/^ldaps?:\/\/[^/?#@\s]+$/i, 'must be ldaps://HOST[:PORT], or ldap://HOST[:PORT] with startTls: true'),
    )
    .min(1)
    .describe('Domain controllers of one domain; the next one is used when one does not answer.'),
  startTls: z.boolean().default(false).describe('Protect ldap:// connections with StartTLS.'),
  tls: z
    .strictObject({
      ca: z.string().min(1).optional().describe('PEM file of the certification authority of the servers.'),
      fingerprint: z
        .string()
        .regex(
          /^(sha-?256[:/])?([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i,
          'must be a SHA-256 fingerprint: 64 hexadecimal digits',
        )
        .optional()
        .describe('SHA-256 of the one server certificate that is accepted.'),
      serverName: z.string().min(1).optional().describe('The name in the certificate, when it is not that in servers.'),
    })
    .default({}),
  user: z.string().min(1).describe('User principal name, DOMAIN\\name or DN.'),
  password: secretSource,
  timeouts: z
    .strictObject({
      connect: duration.default('10s').describe('For each step of getting connected.'),
      request: duration.default('2m').describe('How long a server may say nothing during a request.'),
    })
    .prefault({}),
  pageSize: z.int().min(1).max(20_000).default(1000).describe('Entries of one page.'),
  replication: z
    .strictObject({
      user: z.string().min(1).optional().describe('Another account than that of the source.'),
      password: secretSource.optional(),
      port: z
        .int()
        .min(1)
        .max(65_535)
        .optional()
        .describe(
          'Where the domain controllers have a fixed port for directory replication; then port 135 is not asked.',
        ),
    })
    .refine(({ user, password }) => (user === undefined) === (password === undefined), {
      error: 'user and password belong together: give both, or neither',
    })
    .default({})
    .describe('How passwords are read, with the rights of a domain controller.'),
  delta: z.enum(DELTA_METHODS).default('auto').describe('How changes are found after the first import.'),
});

export type AdSection = z.infer<typeof adSection>;

/** A fingerprint as certificates are compared: lower-case hex without separators. */
export function normalizeFingerprint(text: string): string {
  return text
    .replace(/^sha-?256[:/]/i, '')
    .replaceAll(':', '')
    .toLowerCase();
}

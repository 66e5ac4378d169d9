import { z } from 'zod';

/** Names become paths. */
const serverName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/);

/** Says who writes to the tenant: the record with the highest number is the one that counts. Never changed once it is there. */
export const termSchema = z.object({
  term: z.number().int().positive(),
  /** Null: the one before has handed the tenant over, and nobody writes. */
  server: serverName.nullable(),
  /** Of its store: another server of the same name is not meant. */
  identity: z.string(),
  at: z.string(),
  /** Who said so, and where. */
  by: z.string(),
  /** Who wrote before. */
  previous: serverName.nullable(),
  /** Although that server may have been alive. */
  forced: z.boolean(),
});
export type Term = z.infer<typeof termSchema>;

export const SERVER_STATES = ['idle', 'running'] as const;

/** A server's sign of life, and what of it the others have to know. */
export const presenceSchema = z.object({
  server: serverName,
  /** Of its store. */
  identity: z.string(),
  host: z.string(),
  pid: z.number(),
  /** Of the process that wrote it. */
  process: z.string(),
  version: z.string(),
  state: z.enum(SERVER_STATES),
  /** The last term that it knows of. */
  term: z.number(),
  seen: z.string(),
  /** Milliseconds from one cycle to the next, and those after which it counts as dead. */
  every: z.number(),
  deadAfter: z.number(),
  /** Of its published configuration. */
  configuration: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .nullable(),
  lastRun: z
    .object({
      run: z.string(),
      startedAt: z.string(),
      endedAt: z.string(),
      outcome: z.string(),
    })
    .nullable(),
});
export type Presence = z.infer<typeof presenceSchema>;

const TERM_DIGITS = 8;

export function termFile(term: number): string {
  return `terms/${String(term).padStart(TERM_DIGITS, '0')}.json`;
}

export function presenceFile(server: string): string {
  return `servers/${server}/presence.json`;
}

export function configurationFolder(server: string, hash = ''): string {
  return `servers/${server}/configurations/${hash}`;
}

export function changesFolder(server: string): string {
  return `servers/${server}/changes`;
}

export function decisionsFile(server: string): string {
  return `servers/${server}/decisions.json`;
}

export function pendingFile(server: string): string {
  return `servers/${server}/pending.ndjson`;
}

import { z } from 'zod';
import { duration } from './duration.ts';

const SERVER_NAME =
  'must be a name of letters, digits, dots, dashes and underscores that starts with a letter or digit';

/** The section `standby`: two servers for one tenant, of which one writes. */
export const standbySchema = z.strictObject({
  /** A folder that every one of the servers reaches. */
  folder: z.string({ error: 'must be the path of a folder that both servers reach' }).min(1),
  /** How this server is called among them; the name of the host where it is left out. */
  server: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, { error: SERVER_NAME })
    .optional(),
  /** Whether the configuration of the server that writes is taken over. */
  follow: z.boolean().default(true),
  /** Keys that stay as they are here, such as `sources.corp.servers`. */
  keep: z.array(z.string().min(1)).default([]),
  /** So long after its last sign of life the server that writes counts as dead. */
  deadAfter: duration.optional(),
});

export interface StandbyConfig {
  readonly folder: string;
  readonly server: string | null;
  readonly follow: boolean;
  readonly keep: readonly string[];
  /** Milliseconds; null: three cycles. */
  readonly deadAfter: number | null;
}

const CYCLES_MISSED = 3;
const SHORTEST = 15 * 60_000;

/** Fills the defaults in. */
export function completeStandby(
  section: z.infer<typeof standbySchema> | undefined,
  resolvePath: (path: string) => string,
): StandbyConfig | null {
  if (section === undefined) return null;
  const { folder, server, follow, keep, deadAfter } = section;
  return {
    folder: resolvePath(folder),
    server: server ?? null,
    follow,
    keep,
    deadAfter: deadAfter ?? null,
  };
}

/** Milliseconds after its last sign of life until a server counts as dead. `every`: from one cycle to the next. */
export function deadAfterOf({ deadAfter }: StandbyConfig, every: number): number {
  return deadAfter ?? Math.max(CYCLES_MISSED * every, SHORTEST);
}

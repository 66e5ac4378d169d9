import { z } from 'zod';
import { duration } from './duration.ts';

const percent = z.number().min(0).max(100);
const count = z.int().min(0);

const ofType = z.strictObject({ count: count.optional(), percent: percent.optional() });
const departures = z.strictObject({
  count: count.default(500),
  percent: percent.default(10),
  atLeast: count.default(3),
  types: z
    .strictObject({
      user: ofType.optional(),
      group: ofType.optional(),
      contact: ofType.optional(),
      device: ofType.optional(),
    })
    .default({}),
});

/** The section `guards`: limits that stop a plan when it goes over one of them. */
export const guardsSchema = z.strictObject({
  window: duration.prefault('24h'),
  deletions: departures.prefault({}),
  disablements: departures.prefault({}),
  membershipRemovals: z
    .strictObject({
      percent: percent.default(30),
      atLeast: count.default(10),
      emptied: z.int().min(1).default(5),
      total: z
        .strictObject({ count: count.default(5000), percent: percent.default(10), atLeast: count.default(50) })
        .prefault({}),
    })
    .prefault({}),
  sourceShrink: z.strictObject({ percent: percent.default(20), atLeast: count.default(3) }).prefault({}),
  scopeChange: z.strictObject({ count: count.default(0) }).prefault({}),
  containers: z.strictObject({ percent: percent.default(50), atLeast: count.default(10) }).prefault({}),
  privileged: z.strictObject({ count: count.default(0) }).prefault({}),
  massChanges: z.strictObject({ percent: percent.default(25), atLeast: count.default(50) }).prefault({}),
});
export type GuardConfig = z.infer<typeof guardsSchema>;

/** The section `deletions`: whether what leaves is disabled first, and how long it waits for its deletion. */
export const deletionsSchema = z.strictObject({
  disableFirst: z.boolean().default(false),
  after: duration.optional(),
});

/** Milliseconds that `disableFirst` waits where the file does not say. */
const TWO_WEEKS = 14 * 86_400_000;

export interface DeletionConfig {
  readonly disableFirst: boolean;
  /** Milliseconds; null: deleted at once. */
  readonly after: number | null;
}

export function completeDeletions({ disableFirst, after }: z.infer<typeof deletionsSchema>): DeletionConfig {
  return { disableFirst, after: after ?? (disableFirst ? TWO_WEEKS : null) };
}

import { z } from 'zod';

const decision = z.enum(['correct', 'leave']);

/** The section `drift`: what becomes of what somebody changes in the tenant. `members`: as `default` where it is not given. */
export const driftSchema = z.strictObject({
  default: decision.default('correct'),
  attributes: z.record(z.string().min(1), decision).default({}),
  members: decision.optional(),
});
export type DriftConfig = z.infer<typeof driftSchema>;

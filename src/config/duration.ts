import { z } from 'zod';

const DURATION_UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A text such as `90s`, `30m`, `2h`, `14d` to milliseconds. */
export const duration = z
  .string({ error: 'must be a duration such as 90s, 30m, 2h or 14d' })
  .regex(/^[1-9]\d{0,5}[smhd]$/, { error: 'must be a duration such as 90s, 30m, 2h or 14d' })
  .transform((text) => Number(text.slice(0, -1)) * (DURATION_UNITS[text.slice(-1)] ?? 0));

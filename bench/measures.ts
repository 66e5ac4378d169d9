import type { Measure } from './measure.ts';
import { coldPlan } from './measures/cold-plan.ts';
import { firstLoad } from './measures/first-load.ts';
import { importMeasure } from './measures/import.ts';
import { journal } from './measures/journal.ts';
import { memberChange } from './measures/member-change.ts';
import { noOpCycle } from './measures/no-op-cycle.ts';
import { passwords } from './measures/passwords.ts';
import { reEvaluation } from './measures/re-evaluation.ts';
import { sambaMemberChange } from './measures/samba-member-change.ts';
import { sambaNoOpCycle } from './measures/samba-no-op-cycle.ts';

/** Every measure, in the order in which they run. */
export const MEASURES: readonly Measure[] = [
  importMeasure,
  coldPlan,
  noOpCycle,
  memberChange,
  reEvaluation,
  sambaNoOpCycle,
  sambaMemberChange,
  firstLoad,
  journal,
  passwords,
];

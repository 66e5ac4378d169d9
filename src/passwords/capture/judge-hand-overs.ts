/** `taken`: the account has this password now. `refused`: the domain did not take it, or has another one by now, or nobody can tell. `open`: not decided yet. */
export type HandOverVerdict = 'taken' | 'refused' | 'open';

/** What the directory says of the password that the account has. */
export interface PasswordTime {
  /** unicodePwd was written: after the password was handed over, before the change was over. Exact to the second, cut off. ISO 8601. */
  readonly changedAt: string;
  /** pwdLastSet: noted when the change began, before the password is handed over; null: must change. ISO 8601. */
  readonly setAt: string | null;
}

/** Longest from the beginning of a change to its hand-over: Samba ends a script after 10 s. */
const LONGEST_CHANGE = 15_000;
/** Longest from a hand-over to the end of its change. */
const LONGEST_END = 5_000;

/**
 * Says of each hand-over of one account, oldest first, whether it became the password that the directory tells of. A domain controller makes one change after the other, so a change that began at
 * `setAt` is that of the first hand-over after it. A hand-over after which the domain refused the change is followed by no such time: it must never be taken for
 * the one before it. What is in doubt is not taken. All times are by the clock of the domain controller; `times` are in milliseconds.
 */
export function judgeHandOvers(times: readonly number[], mark: PasswordTime): readonly HandOverVerdict[] {
  const changed = Date.parse(mark.changedAt);
  return mark.setAt === null ? judgeBySecond(times, changed) : judgeByBeginning(times, Date.parse(mark.setAt), changed);
}

function judgeByBeginning(times: readonly number[], set: number, changed: number): readonly HandOverVerdict[] {
  const first = times.findIndex((time) => time >= set);
  return times.map((time, index) => {
    // The password was set after this one had been handed over: by a later hand-over, or by nobody who hands over.
    if (first === -1 || index < first) return 'refused';
    const isOfChange = index === first && time - set <= LONGEST_CHANGE && changed >= secondOf(time);
    return isOfChange ? 'taken' : 'open';
  });
}

/** Where the directory does not tell when the change began, by when it ended; two hand-overs that come into question are none. */
function judgeBySecond(times: readonly number[], changed: number): readonly HandOverVerdict[] {
  const fits = (time: number): boolean => changed >= secondOf(time) && changed <= time + LONGEST_END;
  const isClear = times.filter(fits).length === 1;
  return times.map((time) => {
    if (fits(time)) return isClear ? 'taken' : 'refused';
    return changed > time ? 'refused' : 'open';
  });
}

function secondOf(time: number): number {
  return Math.floor(time / 1000) * 1000;
}

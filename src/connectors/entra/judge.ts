import type { GraphAnswer } from './graph.ts';
import { isJson } from './graph-object.ts';
import {
  type GraphRefusal,
  isAbsenceRefusal,
  isConcurrencyRefusal,
  isTransientStatus,
  readRefusal,
} from './graph-refusal.ts';
import type { Step } from './write-steps.ts';

/** What an answer to one request means. Nothing is looked up here. */
export type Verdict =
  /** Done; `id` where the answer names the object. */
  | { readonly verdict: 'done'; readonly id: string | null }
  /** Not carried out, come again: throttled, or another request was in the way. */
  | { readonly verdict: 'again'; readonly isThrottled: boolean }
  /** It may have been carried out or not. */
  | { readonly verdict: 'unclear'; readonly refusal: GraphRefusal }
  /** An object that it names is not there (or not there yet). */
  | { readonly verdict: 'missing'; readonly refusal: GraphRefusal }
  /** One of several members is one already. */
  | { readonly verdict: 'split'; readonly refusal: GraphRefusal }
  | { readonly verdict: 'refused'; readonly refusal: GraphRefusal };

const ALREADY = /added object references already exist/i;

export function judge(step: Step, answer: GraphAnswer): Verdict {
  const { status } = answer;
  if (status >= 200 && status < 300) return { verdict: 'done', id: idIn(answer.body) };
  const refusal = readRefusal(status, answer.body);
  if (status === 429) return { verdict: 'again', isThrottled: true };
  if (status === 401 || isConcurrencyRefusal(refusal)) return { verdict: 'again', isThrottled: false };
  if (isTransientStatus(status)) return { verdict: 'unclear', refusal };
  if (ALREADY.test(refusal.message)) {
    return step.targets.length > 1 ? { verdict: 'split', refusal } : { verdict: 'done', id: null };
  }
  if (isAbsenceRefusal(refusal)) return { verdict: 'missing', refusal };
  // One request adds all or none: which member it is about shows one by one.
  if (step.kind === 'add-members' && step.targets.length > 1 && status !== 403) return { verdict: 'split', refusal };
  return { verdict: 'refused', refusal };
}

function idIn(body: unknown): string | null {
  return isJson(body) && typeof body['id'] === 'string' ? body['id'] : null;
}

import type { GuardVerdict } from '../../model/plan.ts';
import type { LeavingObject } from '../../store/store.ts';
import { DELETED_IN_SOURCE } from '../context.ts';
import type { GuardLimits } from './limits.ts';
import { countOf, FirstNames, named } from './verdict.ts';

/**
 * Stops a plan by which objects leave because somebody changed who belongs: the scope of a source, the rules, identity. Whoever narrows the scope on
 * purpose approves once; whoever mistyped a container learns it before anybody is gone. Objects that were deleted in their directory do not count.
 */
export class ScopeChange {
  readonly #changes: readonly string[];
  readonly #limits: GuardLimits['scopeChange'];
  readonly #names = new FirstNames();
  #count = 0;

  /** `changes`: what the configuration says otherwise than when a plan was last carried out. */
  constructor(changes: readonly string[], limits: GuardLimits['scopeChange']) {
    this.#changes = changes;
    this.#limits = limits;
  }

  add({ name, cause }: LeavingObject): void {
    if (this.#changes.length === 0 || cause.why === DELETED_IN_SOURCE) return;
    this.#count++;
    this.#names.add(name);
  }

  judge(): GuardVerdict {
    const what = this.#changes.join('; ');
    return named(
      {
        name: 'scope-change',
        limit: this.#limits.count,
        found: this.#count,
        blocked: this.#count > this.#limits.count,
        message:
          this.#changes.length === 0
            ? 'The configuration says as before who belongs.'
            : `The configuration was changed (${what}) and ${countOf(this.#count, 'object')} that ${this.#count === 1 ? 'is' : 'are'} still in a source ${this.#count === 1 ? 'leaves' : 'leave'} the tenant by that; at most ${this.#limits.count} are allowed without approval.`,
      },
      this.#names.names,
    );
  }
}

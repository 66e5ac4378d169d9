import { splitDn } from '../../model/dn.ts';
import type { GuardVerdict } from '../../model/plan.ts';
import type { LeavingObject } from '../../store/store.ts';
import type { GuardLimits } from './limits.ts';
import { countOf, FirstNames, named, percentOf } from './verdict.ts';

interface Container {
  readonly source: string;
  readonly dn: string;
  readonly depth: number;
  readonly names: FirstNames;
  count: number;
}

interface Lost {
  readonly container: Container;
  readonly percent: number;
}

/** How many managed objects are left below a container, counted up to a limit; 0 for one that is gone, null for what never was one (a part of the name of the root). */
export type CountBelow = (source: string, dn: string, limit: number) => Promise<number | null>;

/**
 * Stops a plan by which most of what lay below one container leaves: an organizational unit that was deleted, moved out of the scope, or that the
 * account may not read any more. Counts of a whole tenant are blind for that when the container is a small part of it.
 */
export class ContainerLosses {
  readonly #limits: GuardLimits['containers'];
  readonly #containers = new Map<string, Container>();

  constructor(limits: GuardLimits['containers']) {
    this.#limits = limits;
  }

  add({ name, cause }: LeavingObject): void {
    if (!cause.object.includes('=')) return;
    const parts = splitDn(cause.object);
    for (let depth = parts.length - 1; depth > 0; depth--) {
      const dn = parts.slice(-depth).join(',');
      const key = `${cause.source}/${dn.toLowerCase()}`;
      const container = this.#containers.get(key) ?? {
        source: cause.source,
        dn,
        depth,
        names: new FirstNames(),
        count: 0,
      };
      container.count++;
      container.names.add(name);
      this.#containers.set(key, container);
    }
  }

  async judge(countBelow: CountBelow): Promise<GuardVerdict> {
    const lost = await this.#lost(countBelow);
    const [worst] = lost.toSorted((a, b) => b.container.count - a.container.count);
    const more = lost.length > 1 ? `; ${lost.length - 1} further containers are hit alike` : '';
    return named(
      {
        name: 'container',
        limit: this.#limits.percent,
        found: worst?.percent ?? 0,
        blocked: worst !== undefined,
        message:
          worst === undefined
            ? 'No container loses most of what lies below it.'
            : `${countOf(worst.container.count, 'object')} below ${worst.container.dn} (${worst.container.source}) ${worst.container.count === 1 ? 'leaves' : 'leave'} the tenant, ${worst.percent} % of what was managed there${more}; at most ${this.#limits.percent} % of a container are allowed without approval.`,
      },
      worst?.container.names.names ?? [],
    );
  }

  /** From the top down: of a container that is lost altogether, those within it need not be told. */
  async #lost(countBelow: CountBelow): Promise<readonly Lost[]> {
    const { percent, atLeast } = this.#limits;
    const lost: Lost[] = [];
    const candidates = [...this.#containers.values()].filter((one) => one.count >= Math.max(1, atLeast));
    for (const container of candidates.sort((a, b) => a.depth - b.depth)) {
      if (lost.some((one) => isBelow(container, one.container) || isBelow(one.container, container))) continue;
      const most = percent === 0 ? container.count : Math.ceil((container.count * 100) / percent);
      const left = await countBelow(container.source, container.dn, most);
      if (left === null) continue;
      const share = percentOf(container.count, container.count + left);
      if (container.count * 100 > percent * (container.count + left))
        lost.push({ container: deepestOf(container, candidates), percent: share });
    }
    return lost;
  }
}

function isBelow(container: Container, other: Container): boolean {
  return container.source === other.source && container.dn.toLowerCase().endsWith(`,${other.dn.toLowerCase()}`);
}

/** Where everything that leaves lies below one container within, that is the one to name. */
function deepestOf(container: Container, candidates: readonly Container[]): Container {
  const within = candidates.filter((one) => one.count === container.count && isBelow(one, container));
  return within.toSorted((a, b) => b.depth - a.depth)[0] ?? container;
}

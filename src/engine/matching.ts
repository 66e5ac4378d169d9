import type { TargetType } from '../model/change.ts';
import { type Finding, type FindingCode, finding } from '../model/finding.ts';
import { type Attributes, scalarsOf } from '../model/value.ts';
import {
  type Match,
  type MatchWay,
  type MetaverseObject,
  OBJECT_STATES,
  type SpaceObject,
  TOUCH,
} from '../store/store.ts';
import { type EngineContext, TENANT } from './context.ts';
import { holdApart } from './hold-apart.ts';
import { uniqueKey } from './lookup.ts';
import { textsOfMatch } from './match-texts.ts';
import { nameInSource, objectName } from './object-name.ts';
import { tryFlowOut } from './outbound.ts';

const BATCH = 2000;

interface Proposal {
  readonly mv: MetaverseObject;
  readonly candidate: SpaceObject;
  readonly way: MatchWay;
  readonly value: string;
  /** The finding that forbids it; null: nothing does. */
  readonly refused: FindingCode | null;
}

/** What is done with a match that holds: joins the object of the tenant to the metaverse object. */
type Join = (candidate: number, mv: number) => Promise<void>;

/**
 * Finds for objects that have nothing in the tenant what is there already ("Azure AD Connect: When you have an existing tenant"): an object without a source
 * anchor whose primary mail address is the same, else one with the same user principal name. It is joined, and the plan shows what taking it over would
 * overwrite. Holders of administrator roles, and whatever the configuration forbids, are left alone, with a finding. Answers how many were joined.
 */
export async function matchTenant(context: EngineContext, tenant: number, run: string, join: Join): Promise<number> {
  const matching = new Matching(context, tenant, run);
  await matching.reviseEarlier(join);
  const proposals = await matching.propose();
  return matching.settle(proposals, join);
}

class Matching {
  readonly #context: EngineContext;
  readonly #tenant: number;
  readonly #run: string;

  constructor(context: EngineContext, tenant: number, run: string) {
    this.#context = context;
    this.#tenant = tenant;
    this.#run = run;
  }

  /** A match that is not carried out yet lasts only as long as what it rests on. What was refused is judged anew. */
  async reviseEarlier(join: Join): Promise<void> {
    const { store } = this.#context;
    for (const match of await store.matches.all()) {
      if (match.way === 'hand' || (match.way === 'anchor' && match.refused === null)) continue;
      const mv = await store.sync.metaverse(match.mv);
      const candidate = await store.spaces.objectById(match.candidate);
      if (mv === null) continue;
      if (match.way === 'anchor' && candidate !== null && carriesAnchorOf(candidate, mv))
        await store.transaction(() => this.#settleByAnchor(mv, candidate, join));
      else if (match.refused !== null || candidate === null || !this.#holds(mv, match, candidate))
        await store.transaction(() => this.#letGo(mv, match));
    }
  }

  async #letGo(mv: MetaverseObject, match: Match): Promise<void> {
    const { store } = this.#context;
    await store.matches.forget(mv.id);
    if (mv.tenant === match.candidate) await store.sync.link(match.candidate, null, true);
    await store.sync.touch(mv.id, TOUCH.attributes);
    await this.#tell(mv.id, []);
  }

  async #settleByAnchor(mv: MetaverseObject, candidate: SpaceObject, join: Join): Promise<void> {
    const { store } = this.#context;
    const value = mv.anchor ?? '';
    const refused = judgeByAnchor(this.#context);
    await store.matches.note({ mv: mv.id, candidate: candidate.id, way: 'anchor', value, refused });
    if (refused !== null) return;
    await this.#tell(mv.id, []);
    await join(candidate.id, mv.id);
  }

  #holds(mv: MetaverseObject, match: Match, candidate: SpaceObject): boolean {
    if (!this.#context.matching.soft || candidate.state !== OBJECT_STATES.live) return false;
    if (candidate.attributes['sourceAnchor'] !== undefined) return candidate.attributes['sourceAnchor'] === mv.anchor;
    const wanted = this.#wanted(mv);
    return wanted !== null && matchValue(match.way, wanted.attributes) === match.value;
  }

  async propose(): Promise<readonly Proposal[]> {
    const { store } = this.#context;
    const byHand = new Map((await store.matches.handLinks()).map((link) => [link.anchor, link]));
    const settled = new Set((await store.matches.all()).map(({ mv }) => mv));
    const proposals: Proposal[] = [];
    for (let after = 0; ; ) {
      const page = await store.matches.touchedWithoutTenant(after, BATCH);
      for (const mv of page) {
        if (settled.has(mv.id)) continue;
        const decided = byHand.get(mv.anchor ?? '');
        if (decided?.target === null) await this.#holdApart(mv.id, decided.who);
        const proposal = decided === undefined ? await this.#proposeFor(mv) : null;
        if (proposal !== null) proposals.push(proposal);
      }
      const last = page.at(-1);
      if (last === undefined || page.length < BATCH) return proposals;
      after = last.id;
    }
  }

  async #holdApart(mv: number, who: string): Promise<void> {
    const object = await nameInSource(this.#context.store, mv);
    const names = object === null ? {} : { object };
    await this.#context.store.transaction(() => holdApart(this.#context, mv, 0, { names, who, run: this.#run }));
  }

  async #proposeFor(mv: MetaverseObject): Promise<Proposal | null> {
    const wanted = this.#wanted(mv);
    if (wanted === null) return null;
    for (const way of this.#waysOf(wanted.type)) {
      const value = matchValue(way, wanted.attributes);
      if (value === undefined) continue;
      const kind = way === 'mail' ? 'address' : way;
      const holders = await this.#context.store.spaces.objectsByValue(this.#tenant, { kind, key: value });
      const candidate = holders.find((one) => this.#isCandidate(one, wanted.type, way, value));
      if (candidate !== undefined) return { mv, candidate, way, value, refused: this.#judge(candidate) };
    }
    return null;
  }

  /** Groups and contacts only where the target would do it, told or not: the plan has to show it, and the configuration may forbid it. */
  #waysOf(type: TargetType): readonly MatchWay[] {
    if (type === 'user') return ['mail', 'userPrincipalName'];
    return this.#matchedByTarget.includes(type) ? ['mail'] : [];
  }

  get #matchedByTarget(): readonly TargetType[] {
    return this.#context.target.schema.matches ?? [];
  }

  /** A secondary address is a conflict, no match. A guest is somebody of another tenant: passed over, unless the target would take him. */
  #isCandidate(object: SpaceObject, type: TargetType, way: MatchWay, value: string): boolean {
    const isFree = object.state === OBJECT_STATES.live && object.mv === null && object.type === type;
    if (!isFree || (isGuest(object) && !this.#matchedByTarget.includes(type))) return false;
    return matchValue(way, object.attributes) === value;
  }

  #judge(candidate: SpaceObject): FindingCode | null {
    const { attributes } = candidate;
    if (isGuest(candidate)) return 'match-forbidden';
    if (attributes['sourceAnchor'] !== undefined) return 'match-other-anchor';
    if (attributes['onPremisesSyncEnabled'] === true) return 'match-synchronized';
    return this.#context.matching.soft ? null : 'match-forbidden';
  }

  #wanted(mv: MetaverseObject): { readonly type: TargetType; readonly attributes: Attributes } | null {
    const desired = tryFlowOut(this.#context.rules, mv, this.#context.now());
    return desired?.kind === 'object' ? { type: desired.type, attributes: desired.outcome.attributes } : null;
  }

  async settle(proposals: readonly Proposal[], join: Join): Promise<number> {
    const { store } = this.#context;
    const byCandidate = Map.groupBy(proposals, ({ candidate }) => candidate.id);
    let joined = 0;
    await store.transaction(async () => {
      for (const rivals of byCandidate.values()) {
        for (const proposal of rivals) {
          const refused = rivals.length > 1 ? 'match-ambiguous' : proposal.refused;
          const { mv, candidate, way, value } = proposal;
          await store.matches.note({ mv: mv.id, candidate: candidate.id, way, value, refused });
          const rival = rivals.find((one) => one !== proposal);
          await this.#report(proposal, refused, rival ?? null);
          if (refused !== null) continue;
          await join(candidate.id, mv.id);
          joined++;
        }
      }
    });
    return joined;
  }

  async #report({ mv, candidate, way, value }: Proposal, refused: FindingCode | null, rival: Proposal | null) {
    const { store } = this.#context;
    const target = objectName(candidate, TENANT, null);
    const object = await nameInSource(store, mv.id);
    const other = rival === null ? null : await nameInSource(store, rival.mv.id);
    const findings =
      refused === null
        ? []
        : [
            finding(refused, 'sync', {
              object,
              otherObject: other ?? target,
              attribute: way,
              value,
              ...textsOfMatch(refused, {
                object,
                target,
                rival: other,
                way,
                anchor: anchorOf(candidate),
                isGuest: isGuest(candidate),
              }),
            }),
          ];
    await this.#tell(mv.id, findings);
  }

  async #tell(mv: number, findings: readonly Finding[]): Promise<void> {
    const { store, now } = this.#context;
    await store.runs.replaceFindings('sync', `m${mv}`, findings, this.#run, now().toISOString());
  }
}

/** By what a user is looked for, folded as the tenant folds it: the primary address (`SMTP:`, else mail), or the user principal name. */
export function matchValue(way: MatchWay, attributes: Attributes): string | undefined {
  if (way === 'userPrincipalName') {
    const upn = attributes['userPrincipalName'];
    return typeof upn === 'string' ? uniqueKey('userPrincipalName', upn) : undefined;
  }
  if (way !== 'mail') return undefined;
  const address = primaryAddress(attributes);
  return address === undefined ? undefined : uniqueKey('address', address);
}

function primaryAddress(attributes: Attributes): string | undefined {
  for (const value of scalarsOf(attributes['proxyAddresses']))
    if (typeof value === 'string' && value.startsWith('SMTP:')) return value;
  const mail = attributes['mail'];
  return typeof mail === 'string' && mail !== '' ? mail : undefined;
}

function isGuest({ attributes }: SpaceObject): boolean {
  return attributes['userType'] === 'Guest';
}

function anchorOf({ attributes }: SpaceObject): string | null {
  const anchor = attributes['sourceAnchor'];
  return typeof anchor === 'string' ? anchor : null;
}

function carriesAnchorOf(candidate: SpaceObject, mv: MetaverseObject): boolean {
  const isFree = candidate.state === OBJECT_STATES.live && candidate.mv === null;
  return isFree && candidate.attributes['sourceAnchor'] === mv.anchor;
}

/** Why objects that carry our anchors, and that this store knows nothing of, are left alone; null: they are ours. */
export function judgeByAnchor({ matching }: EngineContext): FindingCode | null {
  return matching.hard ? null : 'match-forbidden';
}

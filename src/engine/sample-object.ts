import type { Connector, ReadRequest } from '../connectors/connector.ts';
import { DirbridgeError } from '../errors.ts';
import { type ObjectChange, type ObjectPut, type Place, SOURCE_TYPES } from '../model/change.ts';
import { normalizeDn, normalizeRdn, splitFirstRdn } from '../model/dn.ts';
import type { Attributes } from '../model/value.ts';
import type { RuleSource } from '../rules/rule-set.ts';
import { ruleSource, runParameters } from './rule-source.ts';

/** Kinds that are there to be tried; the others carry the tree. */
const TRIED: ReadonlySet<string> = new Set(SOURCE_TYPES.slice(0, SOURCE_TYPES.indexOf('organizationalUnit')));

export interface SampleRequest {
  readonly attributes: readonly string[];
  readonly references: readonly string[];
  /** Which object; null for the first that is no container. */
  readonly dn: string | null;
  readonly now: Date;
  /** Groups (`normalizeDn`) whose membership is asked for. */
  readonly groups?: readonly string[];
}

/** An object as its directory holds it now. */
export interface SampledObject {
  readonly source: RuleSource;
  readonly type: string;
  readonly anchor: string;
  readonly dn: string;
  readonly attributes: Attributes;
}

/**
 * Reads one object of a directory as rules see it, with the attributes that an expression asks for, past everything that is stored; null when it is
 * not there. Memory holds the place of each object on the way, and the members of the groups asked for.
 */
export async function readSample(connector: Connector, request: SampleRequest): Promise<SampledObject | null> {
  const { attributes, references, dn } = request;
  const sample = new Sample(request);
  const asked: ReadRequest = { watermark: null, attributes, references };
  for await (const event of connector.read(asked)) {
    if (event.kind === 'begin') sample.parameters = { ...event.parameters, 'Connector.ID': connector.name };
    if (event.kind !== 'page') continue;
    for (const change of event.changes) sample.look(change);
    const [problem] = event.problems ?? [];
    if (dn === null && problem !== undefined) throw new DirbridgeError('file-invalid', problem.cause);
  }
  return sample.finish();
}

class Sample {
  parameters: Readonly<Record<string, string>> = {};
  readonly #request: SampleRequest;
  readonly #rdn: string | null;
  readonly #places = new Map<string, Place>();
  readonly #groupRdns: ReadonlySet<string>;
  readonly #members = new Map<string, Set<string>>();
  readonly #counts = new Map<string, Record<string, number>>();
  /** Objects that may be the one: where it is only known in the end, after their parents. */
  #candidates: ObjectPut[] = [];

  constructor(request: SampleRequest) {
    this.#request = request;
    this.#groupRdns = new Set((request.groups ?? []).map((dn) => normalizeRdn(splitFirstRdn(dn).rdn)));
    this.#rdn = request.dn === null ? null : normalizeRdn(splitFirstRdn(request.dn).rdn);
  }

  look(change: ObjectChange): void {
    if (change.kind === 'put') {
      if (change.place !== null) this.#places.set(change.anchor, change.place);
      this.#consider(change);
    }
    this.#noteMembers(change);
    if (this.#candidates.some((one) => one.anchor === change.anchor)) this.#count(change);
  }

  #noteMembers(change: ObjectChange): void {
    if (change.kind !== 'put' && change.kind !== 'patch') return;
    const rdn = change.kind === 'put' ? change.place?.rdn : undefined;
    if (rdn !== undefined && this.#groupRdns.has(normalizeRdn(splitFirstRdn(rdn).rdn)))
      this.#members.set(change.anchor, new Set());
    const { member } = change.references;
    if (member === undefined) return;
    for (const one of member.kind === 'complete' ? member.targets : member.add)
      this.#members.get(change.anchor)?.add(one);
  }

  #groupsOf(anchor: string): ReadonlySet<string> {
    const groups = [...this.#members].filter(([, members]) => members.has(anchor));
    return new Set(groups.map(([group]) => normalizeDn(this.#dnOf(group))));
  }

  #consider(object: ObjectPut): void {
    if (this.#rdn !== null) {
      if (object.place !== null && normalizeRdn(splitFirstRdn(object.place.rdn).rdn) === this.#rdn)
        this.#candidates.push(object);
      return;
    }
    const [first] = this.#candidates;
    if (first === undefined || (!TRIED.has(first.type) && TRIED.has(object.type))) this.#candidates = [object];
  }

  /** A long list of references comes in pieces, each a change of its own. */
  #count(change: ObjectChange): void {
    if (change.kind !== 'put' && change.kind !== 'patch') return;
    const counts = this.#counts.get(change.anchor) ?? {};
    for (const [name, reference] of Object.entries(change.references))
      counts[name] = (counts[name] ?? 0) + (reference.kind === 'complete' ? reference.targets : reference.add).length;
    this.#counts.set(change.anchor, counts);
  }

  finish(): SampledObject | null {
    const { dn: wanted, now } = this.#request;
    const found = this.#candidates.find(
      (one) => wanted === null || normalizeDn(this.#dnOf(one.anchor)) === normalizeDn(wanted),
    );
    if (found === undefined) return null;
    const { anchor, type, attributes } = found;
    const dn = this.#dnOf(anchor);
    const parameters = { ...runParameters(now), ...this.parameters };
    const key = `${parameters['Connector.ID']}/${anchor}`;
    const source = ruleSource(attributes, this.#counts.get(anchor) ?? {}, parameters, dn, key, this.#groupsOf(anchor));
    return { source, type, anchor, dn, attributes };
  }

  #dnOf(anchor: string): string {
    const parts: string[] = [];
    for (let at: string | null = anchor; at !== null; ) {
      const place: Place | undefined = this.#places.get(at);
      if (place === undefined) break;
      parts.push(place.rdn);
      at = place.parent;
    }
    return parts.join(',');
  }
}

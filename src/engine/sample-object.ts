import type { Connector, ReadRequest } from '../connectors/connector.ts';
import { DirbridgeError } from '../errors.ts';
import { type ObjectChange, type ObjectPut, type Place, SOURCE_TYPES } from '../model/change.ts';
import { normalizeDn, normalizeRdn, splitFirstRdn } from '../model/dn.ts';
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
}

/**
 * Reads one object of a directory as rules see it, with the attributes that an expression asks for, past everything that is stored; null when it is
 * not there. Memory holds the place of each object on the way.
 */
export async function readSample(connector: Connector, request: SampleRequest): Promise<RuleSource | null> {
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
  readonly #counts = new Map<string, Record<string, number>>();
  /** Objects that may be the one: where it is only known in the end, after their parents. */
  #candidates: ObjectPut[] = [];

  constructor(request: SampleRequest) {
    this.#request = request;
    this.#rdn = request.dn === null ? null : normalizeRdn(splitFirstRdn(request.dn).rdn);
  }

  look(change: ObjectChange): void {
    if (change.kind === 'put') {
      if (change.place !== null) this.#places.set(change.anchor, change.place);
      this.#consider(change);
    }
    if (this.#candidates.some((one) => one.anchor === change.anchor)) this.#count(change);
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

  finish(): RuleSource | null {
    const { dn, now } = this.#request;
    const found = this.#candidates.find(
      (one) => dn === null || normalizeDn(this.#dnOf(one.anchor)) === normalizeDn(dn),
    );
    if (found === undefined) return null;
    const parameters = { ...runParameters(now), ...this.parameters };
    const key = `${parameters['Connector.ID']}/${found.anchor}`;
    const counts = this.#counts.get(found.anchor) ?? {};
    return ruleSource(found.attributes, counts, parameters, this.#dnOf(found.anchor), key);
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

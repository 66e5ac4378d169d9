import { DirbridgeError } from '../../errors.ts';
import type { ConnectRule } from '../connect-rule.ts';
import { AttributeSummaries, type AttributeSummary } from './attribute-summary.ts';
import { compareObjects } from './compare-objects.ts';
import { type ConnectObject, toConnectObject } from './connect-object.ts';
import { ConnectSide } from './connect-side.ts';
import { type AttributeDifference, type ExplainedDifference, OBJECT_TYPE, WEIGHTS, type Weight } from './difference.ts';
import type { OurObject, OurSide } from './our-side.ts';
import { readCsExport } from './read-csexport.ts';

export interface ComparisonRequest {
  readonly file: string;
  /** How many objects are listed of each weight. */
  readonly limit: number;
  /** Only objects that go by this name, in full. */
  readonly object: string | null;
  /** Only this attribute. */
  readonly attribute: string | null;
  /** Connect's own rules, from an exported configuration; null: the standard ones. */
  readonly rules: readonly ConnectRule[] | null;
  /** Says that the file holds all objects, where it looks as if it held pending exports only. */
  readonly isWhole: boolean;
}

export interface ComparedObject {
  readonly name: string;
  readonly type: string;
  readonly anchor: string | null;
  readonly where: 'both' | 'only-connect' | 'only-ours';
  readonly weight: Weight;
  /** Of an object on one side only: why. */
  readonly why: string | null;
  readonly differences: readonly ExplainedDifference[];
  readonly problems: readonly string[];
}

export interface Comparison {
  readonly file: string;
  /** Whether the file seems to hold pending exports only: then what is not in it says nothing. */
  readonly isPendingOnly: boolean;
  readonly counts: Readonly<Record<Count, number>>;
  readonly differences: Readonly<Record<Weight, number>>;
  /** Why objects are on one side only, with how many. */
  readonly reasons: readonly {
    readonly where: string;
    readonly reason: string;
    readonly count: number;
    readonly example: string;
  }[];
  readonly attributes: readonly AttributeSummary[];
  /** Those that matter most first. */
  readonly objects: readonly ComparedObject[];
  /** Objects that differ and are not listed. */
  readonly notListed: number;
  readonly problems: readonly { readonly name: string; readonly problems: readonly string[] }[];
}

const COUNTS = [
  'inFile',
  'both',
  'equal',
  'byDesign',
  'different',
  'onlyConnect',
  'onlyOurs',
  'otherAnchor',
  'notInFile',
  'bothDelete',
  'unmanaged',
  'untold',
  'withoutAnchor',
  'withProblems',
] as const;
export type Count = (typeof COUNTS)[number];

const REASONS_KEPT = 200;
/** So many objects of one side are remembered by name, to find them again under another anchor. */
const NAMES_KEPT = 50_000;

/** What is not compared where our rules do not want it either, and how it is counted. */
const LEFT_OUT: Readonly<Partial<Record<ConnectObject['state'], Count>>> = {
  deleted: 'bothDelete',
  unmanaged: 'unmanaged',
  empty: 'untold',
};
const ONLY_OURS: Readonly<Partial<Record<ConnectObject['state'], string>>> = {
  deleted: 'Connect is about to delete it, and our rules want it',
  unmanaged: 'it is in the tenant, but Connect has joined it to nothing',
};

export type ComparisonProgress = (step: string, done: number, total: number | null) => void;

/** Reads what Connect wants of the tenant and compares it with what our rules want. Nothing is told before the file was read to its end. */
export async function compareWithConnect(
  request: ComparisonRequest,
  ours: OurSide,
  progress: ComparisonProgress,
): Promise<Comparison> {
  const running = new RunningComparison(request, ours);
  let done = 0;
  for await (const raw of readCsExport(request.file)) {
    await running.take(toConnectObject(raw));
    progress('compare', ++done, null);
  }
  if (done === 0)
    throw new DirbridgeError('connect-file-invalid', `${request.file} holds no object`, {
      remedy:
        'With /f:x csexport writes only what waits for export, and that is nothing here. Export without it: csexport "contoso.onmicrosoft.com - AAD" export.xml.',
    });
  if (request.attribute !== null && request.object === null) return running.finish();
  let looked = 0;
  for await (const object of ours.all(running.seen)) {
    running.takeOurs(object);
    progress('look for what Connect has not', ++looked, null);
  }
  return running.finish();
}

class RunningComparison {
  readonly #request: ComparisonRequest;
  readonly #ours: OurSide;
  readonly #connect: ConnectSide;
  readonly #counts = Object.fromEntries(COUNTS.map((count) => [count, 0])) as Record<Count, number>;
  readonly #differences: Record<Weight, number> = { tenant: 0, elsewhere: 0, design: 0 };
  readonly #attributes = new AttributeSummaries();
  readonly #reasons = new Map<string, { where: string; reason: string; count: number; example: string }>();
  readonly #listed: Record<Weight, ComparedObject[]> = { tenant: [], elsewhere: [], design: [] };
  readonly #problems: { name: string; problems: readonly string[] }[] = [];
  readonly #seen = new Set<number>();
  /** Anchors of objects that only Connect has, by their names. */
  readonly #unmatched = new Map<string, string>();
  readonly #attribute: string | null;
  #isPendingOnly = true;
  #differing = 0;
  #isAttributeSeen = false;
  #isObjectSeen = false;

  constructor(request: ComparisonRequest, ours: OurSide) {
    this.#request = request;
    this.#ours = ours;
    this.#connect = new ConnectSide(request.rules);
    this.#attribute = request.attribute?.toLowerCase() ?? null;
  }

  /** The keys of our objects that the file has, too. */
  get seen(): ReadonlySet<number> {
    return this.#seen;
  }

  async take(object: ConnectObject): Promise<void> {
    this.#counts.inFile++;
    if (!object.isPending) this.#isPendingOnly = false;
    const answer = object.anchor === null ? null : await this.#ours.find(object.anchor);
    const ours = answer?.kind === 'wanted' ? answer.object : null;
    if (ours !== null) this.#seen.add(ours.key);
    const names = [object.name, object.dn, object.anchor ?? '', ...namesIn(object)];
    if (!this.#isAskedFor(ours === null ? names : [...names, ours.name, ...namesOfOurs(ours)])) return;
    this.#noteProblems(object);
    const count = LEFT_OUT[object.state];
    if (answer === null) this.#counts.withoutAnchor++;
    else if (count !== undefined && (ours === null || object.state === 'empty')) this.#counts[count]++;
    else if (ours !== null && object.state !== 'kept')
      this.#onlyOurs(ours, ONLY_OURS[object.state] ?? '', object.problems);
    else if (ours !== null) await this.#compare(object, ours);
    else if (answer.kind === 'absent') this.#onlyConnect(object, answer.why, answer.reason);
  }

  takeOurs(object: OurObject): void {
    if (!this.#isAskedFor([object.name, object.anchor, ...namesOfOurs(object)])) return;
    const other = this.#unmatched.get(object.name.toLowerCase());
    if (other !== undefined) {
      this.#counts.otherAnchor++;
      const reason = 'Connect has an object of that name with another source anchor';
      this.#onlyOurs(object, `${reason}, ${other}`, [], reason);
      this.#tellOtherAnchor(other, object);
    } else if (this.#isPendingOnly && !this.#request.isWhole) this.#counts.notInFile++;
    else this.#onlyOurs(object, 'Connect has no object of this source anchor', []);
  }

  finish(): Comparison {
    const { file, limit, object, attribute } = this.#request;
    if (object !== null && !this.#isObjectSeen)
      throw new DirbridgeError('object-not-found', `neither ${file} nor our side knows an object "${object}"`);
    if (attribute !== null && !this.#isAttributeSeen)
      throw new DirbridgeError('usage', `no object on either side has an attribute "${attribute}"`, {
        remedy: 'Give its name in the tenant connector of Connect, such as physicalDeliveryOfficeName or surname.',
      });
    const objects = WEIGHTS.flatMap((weight) => this.#listed[weight]).slice(0, Math.max(0, limit));
    const shown = objects.filter((one) => one.weight !== 'design').length;
    return {
      file,
      isPendingOnly: this.#isPendingOnly && !this.#request.isWhole,
      counts: this.#counts,
      differences: this.#differences,
      reasons: [...this.#reasons.values()].sort((a, b) => b.count - a.count),
      attributes: this.#attributes.sorted(),
      objects,
      notListed: this.#differing - shown,
      problems: this.#problems,
    };
  }

  async #compare(object: ConnectObject, ours: OurObject): Promise<void> {
    this.#counts.both++;
    // A file of changes need not tell what the object is called.
    const name = object.name === object.dn ? ours.name : object.name;
    this.#noteAttribute(object, ours);
    const found = [
      ...(object.type === ours.type || this.#attribute !== null ? [] : [otherType(object.type, ours.type)]),
      ...(await compareObjects(object, ours, this.#connect, this.#ours, this.#attribute)),
    ];
    for (const one of found) {
      this.#differences[one.weight]++;
      const isNew = this.#attributes.add(object.type, one, name);
      if (isNew) this.#attributes.explain(object.type, one, ownCopyOf(await this.#explain(object.type, ours, one)));
    }
    const weight = WEIGHTS.find((one) => found.some((difference) => difference.weight === one));
    if (weight === undefined) this.#counts.equal++;
    else if (weight === 'design') this.#counts.byDesign++;
    else this.#counts.different++;
    if (weight === undefined || (weight === 'design' && this.#request.object === null)) return;
    if (!this.#isListed(weight)) return;
    const differences: ExplainedDifference[] = [];
    // What is so by design is the same for nearly all objects: counted by attribute, and told of one that is asked for.
    const told = this.#request.object === null ? found.filter((one) => one.weight !== 'design') : [...found];
    for (const one of told.sort(byWeight)) differences.push(await this.#explain(object.type, ours, one));
    const { type, anchor, problems } = object;
    this.#listed[weight].push(
      ownCopyOf({ name, type, anchor, where: 'both', weight, why: null, differences, problems }),
    );
  }

  async #explain(type: string, ours: OurObject, one: AttributeDifference): Promise<ExplainedDifference> {
    const isOpen = one.weight !== 'design' && one.way !== 'only-ours';
    const connectRule = this.#connect.ruleFor(type, one.attribute, isOpen);
    const ourRule = await this.#ours.rule(ours, one.attribute);
    if (!one.isReference) return { ...one, connectRule, ourRule };
    return { ...one, connectRule, ourRule, connect: await this.#named(one.connect), ours: await this.#named(one.ours) };
  }

  /** References by the names of what they lead to, and whether we have that at all. */
  async #named({ shown, count }: AttributeDifference['ours']): Promise<AttributeDifference['ours']> {
    const names: string[] = [];
    for (const anchor of shown) {
      const answer = await this.#ours.find(anchor);
      names.push(answer.kind === 'wanted' ? answer.object.name : `${anchor} (not synchronized here)`);
    }
    return { shown: names, count };
  }

  #onlyConnect({ name, type, anchor, problems }: ConnectObject, why: string, reason: string): void {
    if (this.#attribute !== null) return;
    this.#counts.onlyConnect++;
    if (this.#unmatched.size < NAMES_KEPT && anchor !== null)
      this.#unmatched.set(...ownCopyOf<[string, string]>([name.toLowerCase(), anchor]));
    this.#addOneSided({ name, type, anchor, where: 'only-connect', why, problems }, reason);
  }

  #onlyOurs({ name, type, anchor }: OurObject, why: string, problems: readonly string[], reason = why): void {
    if (this.#attribute !== null) return;
    this.#counts.onlyOurs++;
    this.#addOneSided({ name, type, anchor, where: 'only-ours', why, problems }, reason);
  }

  /** Of the object that Connect has under that name: it is listed already, and now it is known why we do not have it. */
  #tellOtherAnchor(connect: string, { name, anchor }: OurObject): void {
    for (const listed of Object.values(this.#listed)) {
      const at = listed.findIndex((one) => one.where === 'only-connect' && one.anchor === connect);
      const found = listed[at];
      if (found === undefined) continue;
      listed[at] = { ...found, why: `${found.why}; ${name} has the source anchor ${anchor} here` };
    }
  }

  #addOneSided(object: Omit<ComparedObject, 'weight' | 'differences'>, reason: string): void {
    const key = `${object.where} ${reason}`;
    const known = this.#reasons.get(key);
    if (known !== undefined) known.count++;
    else if (this.#reasons.size < REASONS_KEPT)
      this.#reasons.set(key, { where: object.where, reason, count: 1, example: object.name });
    const weight = this.#ours.isCarried(object.type, null) ? 'tenant' : 'elsewhere';
    if (this.#isListed(weight)) this.#listed[weight].push(ownCopyOf({ ...object, weight, differences: [] }));
  }

  /** Counts an object that differs, and says whether there is still room for it. */
  #isListed(weight: Weight): boolean {
    if (weight !== 'design') this.#differing++;
    return this.#listed[weight].length < this.#request.limit;
  }

  #noteProblems({ name, problems }: ConnectObject): void {
    if (problems.length === 0) return;
    this.#counts.withProblems++;
    if (this.#problems.length < this.#request.limit) this.#problems.push(ownCopyOf({ name, problems }));
  }

  #noteAttribute(object: ConnectObject, ours: OurObject): void {
    if (this.#attribute === null || this.#isAttributeSeen) return;
    const names = [...object.attributes.keys(), ...ours.flowing, ...Object.keys(ours.attributes)];
    this.#isAttributeSeen = names.some((name) => name.toLowerCase() === this.#attribute);
  }

  #isAskedFor(names: readonly string[]): boolean {
    const asked = this.#request.object?.toLowerCase();
    if (asked === undefined) return true;
    const isIt = names.some((name) => name.toLowerCase() === asked);
    if (isIt) this.#isObjectSeen = true;
    return isIt;
  }
}

/** With texts of its own: as parts of what was read they would keep the whole piece of the file in memory. */
function ownCopyOf<T>(plain: T): T {
  return JSON.parse(JSON.stringify(plain)) as T;
}

function byWeight(a: AttributeDifference, b: AttributeDifference): number {
  return WEIGHTS.indexOf(a.weight) - WEIGHTS.indexOf(b.weight);
}

/** The same anchor on another kind of object: a contact that became a user. */
function otherType(connect: string, ours: string): AttributeDifference {
  return {
    attribute: OBJECT_TYPE,
    weight: 'tenant',
    way: 'different',
    isReference: false,
    connect: { shown: [connect], count: 1 },
    ours: { shown: [ours], count: 1 },
    note: null,
  };
}

const NAMED_BY = ['userPrincipalName', 'displayName', 'mail', 'commonName', 'onPremisesSamAccountName'];

function namesIn({ attributes }: ConnectObject): readonly string[] {
  return NAMED_BY.flatMap((name) => attributes.get(name)?.values.map((value) => value.text) ?? []);
}

function namesOfOurs({ attributes }: OurObject): readonly string[] {
  return NAMED_BY.map((name) => attributes[name]).filter((value) => typeof value === 'string');
}

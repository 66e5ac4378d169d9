import type { Entity } from '../../tenant/entity.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import { type Node, nil, node } from '../nbfx/encode-message.ts';
import type { ServiceOperation, ServiceRequest } from '../operation.ts';
import { booleanOf, readMembers, textOf } from '../read-members.ts';
import { cookieRefused } from '../service-fault.ts';
import { NAMESPACE } from '../wire-names.ts';
import { sourceAnchorOf } from './anchors.ts';
import { describeDeleted, describeReadBack } from './describe-read-back.ts';
import { type ReadState, readCookie, writeCookie } from './read-back-cookie.ts';
import { SYNC_TYPES, type SyncKind } from './sync-attributes.ts';

/** Facts E.7: the import page of its own client. */
const PAGE = 50;
const KINDS: readonly SyncKind[] = Object.values(SYNC_TYPES);

interface Page {
  readonly nodes: readonly Node[];
  readonly next: ReadState;
  readonly hasMore: boolean;
}

/** ReadBackAzureADSyncObjects and ...2: what the tenant has, as a whole or since a cookie, in pages. */
export function readBack(version: 1 | 2): ServiceOperation {
  return (request: ServiceRequest): Node => {
    const { tenant, body, seal, generation, trackingId } = request;
    const members = readMembers(body, NAMESPACE.service, ['includeLicenseInformation', 'inputCookie', 'isFullSync']);
    booleanOf(members.get('includeLicenseInformation'));
    const isFull = booleanOf(members.get('isFullSync'));
    const cookie = textOf(members.get('inputCookie')) ?? '';
    const given = cookie === '' ? undefined : readCookie(cookie, seal, generation);
    if (cookie !== '' && !given) throw cookieRefused(trackingId);
    const state = beginOrGoOn(given, isFull, tenant);
    const page = state.phase === 'full' ? readListing(state, tenant, version) : readChanges(state, tenant, version);
    return node(
      `ReadBackAzureADSyncObjects${version === 2 ? '2' : ''}Result`,
      [
        node('b:MoreData', page.hasMore),
        node('b:OutputCookie', writeCookie(page.next, seal, generation)),
        page.nodes.length === 0 ? nil('b:ResultObjects') : node('b:ResultObjects', page.nodes),
      ],
      { namespaces: { b: NAMESPACE.objects, i: NAMESPACE.instance, c: NAMESPACE.arrays, d: NAMESPACE.schema } },
    );
  };
}

/** A full read begins anew with the cookie of a finished one, and goes on with that of its own pages. */
function beginOrGoOn(given: ReadState | undefined, isFull: boolean, tenant: Tenant): ReadState {
  const isWithin = given?.phase === 'full';
  if (given && (isWithin || !isFull)) return given;
  return { phase: 'full', kind: 0, at: 0, since: tenant.visible.seq };
}

function readListing(state: ReadState, tenant: Tenant, version: 1 | 2): Page {
  const nodes: Node[] = [];
  let { kind, at } = state;
  while (kind < KINDS.length) {
    const list = tenant.visible.listed(KINDS[kind] as SyncKind);
    for (; at < list.length; at++) {
      const entity = list[at];
      if (entity?.status !== 'live') continue;
      if (nodes.length === PAGE) return { nodes, next: { phase: 'full', kind, at, since: state.since }, hasMore: true };
      nodes.push(describeReadBack(entity, version));
    }
    kind++;
    at = 0;
  }
  return { nodes, next: finished(state.since), hasMore: false };
}

function finished(since: number): ReadState {
  return { phase: 'changes', kind: 0, at: since, since };
}

/** In the order of the changes, over all kinds: the next read begins behind the last one that was told. */
function readChanges(state: ReadState, tenant: Tenant, version: 1 | 2): Page {
  const nodes: Node[] = [];
  let { at } = state;
  for (const [entity, seq] of mergeChanges(tenant, at)) {
    if (nodes.length === PAGE) return { nodes, next: finished(at), hasMore: true };
    at = seq;
    const told = describeChange(entity, version);
    if (told) nodes.push(told);
  }
  return { nodes, next: finished(at), hasMore: false };
}

function* mergeChanges(tenant: Tenant, after: number): Generator<readonly [Entity, number]> {
  const heads = KINDS.map((kind) => {
    const changes = tenant.visible.changedAfter(kind, after);
    return { changes, head: changes.next().value };
  });
  for (;;) {
    const first = heads.filter(({ head }) => head).sort((a, b) => (a.head?.[1] ?? 0) - (b.head?.[1] ?? 0))[0];
    if (!first?.head) return;
    yield first.head;
    first.head = first.changes.next().value;
  }
}

function describeChange(entity: Entity, version: 1 | 2): Node | undefined {
  if (entity.status === 'live') return describeReadBack(entity, version);
  // Whoever never had an anchor is of no interest to synchronization once it is gone.
  return sourceAnchorOf(entity) === undefined ? undefined : describeDeleted(entity);
}

import { toGraphTime } from '../../clock.ts';
import type { Entity } from '../../tenant/entity.ts';
import { readSynchronization, synchronizationChange } from '../../tenant/synchronization.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import { MOST_LINKS } from '../company-configuration.ts';
import { type Node, nil, node } from '../nbfx/encode-message.ts';
import type { ServiceOperation, ServiceRequest } from '../operation.ts';
import { bodyRefused, notActivated } from '../service-fault.ts';
import { NAMESPACE } from '../wire-names.ts';
import { cloudAnchorOf, sourceAnchorOf } from './anchors.ts';
import { applyObject } from './apply-object.ts';
import { SyncFailure } from './sync-failure.ts';
import { countLinks, readSyncObjects, type SyncObject } from './sync-object.ts';

/** ProvisionAzureADSyncObjects and, with changes of references, ProvisionAzureADSyncObjects2. Each object is judged by itself, in order. */
export function provisionObjects(version: 1 | 2): ServiceOperation {
  return ({ tenant, body, trackingId }: ServiceRequest): Node => {
    const objects = readSyncObjects(body, version === 2);
    if (countLinks(objects) > MOST_LINKS) throw bodyRefused(`more than ${MOST_LINKS} changes of references`);
    if (!readSynchronization(tenant).isEnabled) throw notActivated(trackingId);
    const results = objects.map((object) => provisionOne(object, tenant, trackingId));
    tenant.commit([synchronizationChange(tenant, { lastSync: toGraphTime(tenant.clock.now()) })]);
    return node(
      `ProvisionAzureADSyncObjects${version === 2 ? '2' : ''}Result`,
      [node('b:SyncObjectResults', results)],
      {
        namespaces: { b: NAMESPACE.objects, i: NAMESPACE.instance, c: NAMESPACE.arrays },
      },
    );
  };
}

function provisionOne(object: SyncObject, tenant: Tenant, trackingId: string): Node {
  try {
    return describeResult(object, applyObject(object, tenant), undefined, trackingId);
  } catch (error) {
    if (!(error instanceof SyncFailure)) throw error;
    return describeResult(object, undefined, error, trackingId);
  }
}

/** The members as agreed for this emulator (the facts know some of them only). */
function describeResult(
  object: SyncObject,
  entity: Entity | undefined,
  failure: SyncFailure | undefined,
  trackingId: string,
): Node {
  const optional = (name: string, value: string | undefined): Node =>
    value === undefined ? nil(name) : node(name, value);
  return node('b:AzureADSyncObjectResult', [
    optional('b:CloudAnchor', entity ? cloudAnchorOf(entity) : object.cloudAnchor),
    failure ? node('b:ErrorDetails', describeDetails(failure, trackingId)) : nil('b:ErrorDetails'),
    node('b:ObjectType', object.type),
    node('b:ResultCode', failure ? 'Failure' : 'Success'),
    optional('b:ResultErrorCode', failure?.code),
    optional('b:ResultErrorDescription', failure?.message),
    optional('b:SourceAnchor', (entity && sourceAnchorOf(entity)) ?? object.sourceAnchor),
    node('b:SyncOperation', object.operation),
  ]);
}

function describeDetails({ conflict }: SyncFailure, trackingId: string): readonly Node[] {
  const pairs: readonly (readonly [string, string])[] = [
    ...(conflict
      ? ([
          ['AttributeConflictName', conflict.attribute],
          ['AttributeConflictValues', conflict.value],
          ['ObjectIdInConflict', conflict.objectId],
        ] as const)
      : []),
    ['TrackingId', trackingId],
  ];
  return pairs.map(([key, value]) => node('c:KeyValueOfstringstring', [node('c:Key', key), node('c:Value', value)]));
}

import type { Tenant } from '../tenant/tenant.ts';
import type { Node } from './nbfx/encode-message.ts';
import type { XmlElement } from './nbfx/xml-element.ts';

/** One call of the service after its envelope was judged and its caller is known. */
export interface ServiceRequest {
  readonly tenant: Tenant;
  /** The element of the operation, with its parameters. */
  readonly body: XmlElement;
  readonly trackingId: string;
  readonly clientVersion: string;
}

/** Carries out one operation and gives the element `<Operation>Result`. Throws a ServiceFault; nothing was changed then. */
export type ServiceOperation = (request: ServiceRequest) => Node | undefined;

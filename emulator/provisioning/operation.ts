import type { Tenant } from '../tenant/tenant.ts';
import type { TokenSeal } from '../token-seal.ts';
import type { Node } from './nbfx/encode-message.ts';
import type { XmlElement } from './nbfx/xml-element.ts';

/** One call of the service after its envelope was judged and its caller is known. */
export interface ServiceRequest {
  readonly tenant: Tenant;
  /** The element of the operation, with its parameters. */
  readonly body: XmlElement;
  readonly trackingId: string;
  readonly clientVersion: string;
  /** Seals cookies. */
  readonly seal: TokenSeal;
  /** The life of the tenant: cookies of another are worth nothing. */
  readonly generation: number;
}

/** Carries out one operation and gives the element `<Operation>Result`. Throws a ServiceFault; nothing was changed then. */
export type ServiceOperation = (request: ServiceRequest) => Node | undefined;

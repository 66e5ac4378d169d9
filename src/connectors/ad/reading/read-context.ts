import type { ConnectorContext, ReadRequest } from '../../connector.ts';
import type { DELTA_METHODS } from '../config.ts';
import type { LdapSearch } from '../ldap/ldap-connection.ts';
import { domainScopeControl, extendedDnControl } from '../ldap/ldap-controls.ts';
import { type Columns, readColumns } from '../objects/attribute-columns.ts';
import type { DirectoryFacts } from '../session/directory-facts.ts';
import type { Session, Sessions } from '../session/sessions.ts';

/** What every part of one read works with. */
export interface ReadContext {
  /** Name of the source, for messages. */
  readonly source: string;
  readonly sessions: Sessions;
  readonly request: ReadRequest;
  readonly columns: Columns;
  readonly pageSize: number;
  readonly delta: (typeof DELTA_METHODS)[number];
  readonly log: ConnectorContext['log'];
  readonly now: () => Date;
  /** Anchors by DN, as far as they had to be looked up. */
  readonly anchors: Map<string, string | null>;
}

/** A session together with what the asked attributes mean there. */
export async function readAskedColumns(session: Session, request: ReadRequest): Promise<Columns> {
  return readColumns(session.connection, session.facts, request);
}

/** The base of an object that is named by its anchor ([MS-ADTS] 3.1.1.3.1.2.4). */
export function anchorBase(anchor: string): string {
  return `<GUID=${anchor}>`;
}

/** The controls of every search for objects: GUIDs in front of DNs, no other domains. Only those that the server has. */
export function objectControls(facts: DirectoryFacts): NonNullable<LdapSearch['controls']> {
  const controls = [extendedDnControl(), domainScopeControl()];
  return controls.filter((control) => facts.controls.has(control.type));
}

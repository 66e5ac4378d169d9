import type { ConnectConnector } from './connect-connector.ts';
import type { ConnectRule } from './connect-rule.ts';
import type { Syntax } from './connect-schema.ts';
import type { ConversionPlace } from './convert-rule.ts';
import type { ConnectExport } from './read-export.ts';

const TENANT_START = 'b891884f-';

/** Which connector a rule is for, and what that means here. */
export class RulePlaces {
  readonly #connectors: ReadonlyMap<string, ConnectConnector>;
  readonly #metaverse: ReadonlyMap<string, Syntax>;
  readonly #forests: readonly ConnectConnector[];

  constructor({ connectors, metaverseSyntaxes }: ConnectExport) {
    this.#connectors = new Map(connectors.map((connector) => [connector.id, connector]));
    this.#metaverse = metaverseSyntaxes;
    this.#forests = connectors.filter((connector) => connector.kind === 'ad');
  }

  get isOneForest(): boolean {
    return this.#forests.length < 2;
  }

  sideOf({ connector }: ConnectRule): 'source' | 'tenant' {
    const isTenant = this.#connectors.get(connector)?.kind === 'tenant' || connector.startsWith(TENANT_START);
    return isTenant ? 'tenant' : 'source';
  }

  /** Why objects of its connector come here from nowhere; null when they do. A rule must never speak for more objects than it did. */
  whyNowhere(rule: ConnectRule): string | null {
    if (this.sideOf(rule) === 'tenant' || this.#forests.length === 0) return null;
    const connector = this.#connectors.get(rule.connector);
    if (connector === undefined)
      return `its connector {${rule.connector}} is not in the export, so nobody can tell whom it is for`;
    if (connector.kind === 'other')
      return `it is for "${connector.name}", a connector that Dirbridge has no counterpart of`;
    if (!this.isOneForest && this.domainsOf(rule).length === 0) return `no domain of ${connector.name} is selected`;
    return null;
  }

  placeOf(rule: ConnectRule): ConversionPlace {
    const side = this.sideOf(rule);
    const syntaxes = this.#connectors.get(rule.connector)?.syntaxes ?? new Map<string, Syntax>();
    return {
      side,
      syntaxes: rule.direction === 'inbound' ? this.#metaverse : syntaxes,
      domains: side === 'source' && !this.isOneForest ? this.domainsOf(rule) : [],
    };
  }

  /** The domains of the forest of a rule that are synchronized. */
  domainsOf({ connector }: ConnectRule): readonly string[] {
    const partitions = this.#connectors.get(connector)?.partitions ?? [];
    return partitions.filter((one) => one.selected && one.isDomain).map((one) => one.dn);
  }

  groupOf({ connector, direction }: ConnectRule): string {
    return `${connector} ${direction}`;
  }

  forestOf({ connector }: ConnectRule): string {
    return this.#connectors.get(connector)?.name ?? connector;
  }

  /** The same rule exists once for each forest. */
  labelOf(rule: ConnectRule): string {
    return this.isOneForest || !this.#connectors.has(rule.connector)
      ? rule.name
      : `${rule.name} (${this.forestOf(rule)})`;
  }
}

import { FUNCTIONS } from '../rules/expression/functions/table.ts';
import { readTokens, type Token } from '../rules/expression/tokens.ts';
import type { ConnectConnector } from './connect-connector.ts';
import type { ConnectFlow, ConnectRule } from './connect-rule.ts';
import type { Syntax } from './connect-schema.ts';

export type Side = 'source' | 'tenant' | 'metaverse';

/** What the parameters of a rule (`%Domain.FQDN%`) are called here. */
const PARAMETERS: readonly string[] = [
  'Connector.ID',
  'Domain.FQDN',
  'Domain.LDAP',
  'Domain.Netbios',
  'Forest.FQDN',
  'Forest.LDAP',
  'Forest.Netbios',
];
/** They take the name of an attribute as a text. */
const NAMING: readonly string[] = ['ImportedValue', 'ValueCount'];

export interface SpellingSources {
  /** As the shipped rules spell them; null where they know none of that name. */
  readonly usual: (side: string, name: string) => string | null;
  readonly connectors: readonly ConnectConnector[];
  readonly metaverse: ReadonlyMap<string, Syntax>;
  /** By the id of a connector the name of the source that stands for it. */
  readonly sourceNames: ReadonlyMap<string, string>;
}

/** Connect does not look at the case of names, we do: rules are written as our rules and the schemas of the export spell them. */
export class Spelling {
  readonly #usual: SpellingSources['usual'];
  readonly #schemas: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly #sourceNames: ReadonlyMap<string, string>;

  constructor({ usual, connectors, metaverse, sourceNames }: SpellingSources) {
    this.#usual = usual;
    this.#sourceNames = sourceNames;
    const namesOf = (kind: string): readonly string[] =>
      connectors.filter((one) => one.kind === kind).flatMap((one) => [...one.attributes, ...one.syntaxes.keys()]);
    this.#schemas = new Map([
      ['source', byLowerCase(namesOf('ad'))],
      ['tenant', byLowerCase(namesOf('tenant'))],
      ['metaverse', byLowerCase([...metaverse.keys()])],
    ]);
  }

  /** The rule with every name in the spelling that is right here. */
  spell(rule: ConnectRule, space: 'source' | 'tenant'): ConnectRule {
    const [from, to]: readonly [Side, Side] =
      rule.direction === 'inbound' ? [space, 'metaverse'] : ['metaverse', space];
    return {
      ...rule,
      scope: rule.scope.map((group) =>
        group.map((one) => ({ ...one, attribute: this.#name(from, one.attribute), value: this.#value(one.value) })),
      ),
      joins: rule.joins.map((group) =>
        group.map((one) => ({
          ...one,
          space: this.#name(space, one.space),
          metaverse: this.#name('metaverse', one.metaverse),
        })),
      ),
      flows: rule.flows.map((flow) => this.#flow(flow, from, to)),
    };
  }

  #flow(flow: ConnectFlow, from: Side, to: Side): ConnectFlow {
    const target = this.#name(to, flow.target);
    if (flow.kind === 'direct') return { ...flow, target, text: this.#name(from, flow.text) };
    if (flow.kind === 'constant') return { ...flow, target, text: this.#value(flow.text) };
    return { ...flow, target, text: this.#expression(flow.text, from) };
  }

  #name(side: Side, name: string): string {
    return this.#usual(side, name) ?? this.#schemas.get(side)?.get(name.toLowerCase()) ?? name;
  }

  /** A connector is known by its name here, not by the GUID that it had there. */
  #value(text: string): string {
    const parameter = /^%([^%]+)%$/.exec(text)?.[1];
    if (parameter !== undefined) return `%${parameterName(parameter)}%`;
    return this.#sourceNames.get(text.replace(/[{}]/g, '').toLowerCase()) ?? text;
  }

  /** What cannot be read is left as it is: the check of the rule tells it. */
  #expression(text: string, from: Side): string {
    let tokens: readonly Token[];
    try {
      tokens = readTokens(text);
    } catch {
      return text;
    }
    let out = '';
    let at = 0;
    for (const [index, token] of tokens.entries()) {
      const end = tokens[index + 1]?.at ?? text.length;
      const written = text.slice(token.at, end);
      const right = this.#token(token, tokens[index + 1], tokens.slice(Math.max(0, index - 2), index), from);
      out += text.slice(at, token.at) + (right === null ? written : written.replace(token.value, () => right));
      at = end;
    }
    return out + text.slice(at);
  }

  #token({ kind, value }: Token, next: Token | undefined, before: readonly Token[], from: Side): string | null {
    if (kind === 'attribute') return this.#name(from, value);
    if (kind === 'parameter') return parameterName(value);
    if (kind === 'word' && next?.value === '(') return functionName(value);
    const [call, bracket] = before;
    const isName = call?.kind === 'word' && bracket?.value === '(' && NAMING.includes(functionName(call.value));
    if (kind === 'text' && isName) return this.#name(from, value);
    return kind === 'text' ? (this.#sourceNames.get(value.replace(/[{}]/g, '').toLowerCase()) ?? null) : null;
  }
}

/** Parameters of Connect that nothing gives a value on that side: outbound rules do not know what source a value comes from. */
export function unknownParameters(text: string, side: Side): readonly string[] {
  const names = [...text.replaceAll(/"(?:\\.|[^"\\])*"/g, '').matchAll(/%([A-Za-z0-9_.-]+)%/g)].map(
    (one) => one[1] ?? '',
  );
  return [...new Set(names)].filter((name) => side === 'metaverse' || !PARAMETERS.includes(name));
}

function parameterName(name: string): string {
  return PARAMETERS.find((one) => one.toLowerCase() === name.toLowerCase()) ?? name;
}

const FUNCTION_NAMES: ReadonlyMap<string, string> = byLowerCase([...FUNCTIONS.keys()]);

function functionName(name: string): string {
  return FUNCTIONS.has(name) ? name : (FUNCTION_NAMES.get(name.toLowerCase()) ?? name);
}

function byLowerCase(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [name.toLowerCase(), name]));
}

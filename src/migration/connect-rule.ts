import { childrenOf, textAt, type XmlElement } from './xml-element.ts';

/** One synchronization rule as Azure AD Connect has it, in the words of its export. */
export interface ConnectRule {
  readonly file: string;
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** `Microsoft.InfromADUserJoin.003` of a standard rule, empty of one that the customer made. */
  readonly tag: string;
  readonly direction: string;
  readonly disabled: boolean;
  /** GUID in lower case without braces. */
  readonly connector: string;
  readonly sourceType: string;
  readonly targetType: string;
  readonly link: string;
  readonly precedence: number;
  readonly passwordSync: boolean;
  readonly softDelete: string;
  readonly scope: readonly (readonly ConnectClause[])[];
  readonly joins: readonly (readonly ConnectJoin[])[];
  readonly flows: readonly ConnectFlow[];
  /** A policy names standard rules only: nothing is known of their content. */
  readonly isNameOnly: boolean;
}

export interface ConnectClause {
  readonly attribute: string;
  readonly operator: string;
  readonly value: string;
}

export interface ConnectJoin {
  readonly space: string;
  readonly metaverse: string;
  readonly caseSensitive: boolean;
}

export interface ConnectFlow {
  readonly target: string;
  readonly kind: 'direct' | 'constant' | 'expression';
  /** The attribute, the constant or the expression. */
  readonly text: string;
  /** How many attributes a direct flow names; one is all that it can take. */
  readonly sources: number;
  readonly merge: string;
  readonly once: boolean;
}

/** A `synchronizationRule` element of an export. */
export function readConnectRule(file: string, element: XmlElement): ConnectRule {
  const text = (name: string): string => textAt(element, name);
  const groups = (criteria: string): readonly XmlElement[] =>
    childrenOf(
      element.children.find((child) => child.name === criteria),
      'conditions',
    );
  return {
    file,
    id: guidOf(text('id')),
    name: text('name'),
    description: text('description'),
    tag: text('immutable-tag'),
    direction: text('direction').toLowerCase(),
    disabled: isTrue(text('disabled')),
    connector: guidOf(text('connector')),
    sourceType: text('sourceObjectType'),
    targetType: text('targetObjectType'),
    link: text('linkType'),
    precedence: Number.parseInt(text('precedence'), 10) || 0,
    passwordSync: isTrue(text('EnablePasswordSync')),
    softDelete: text('softDeleteExpiryInterval'),
    scope: groups('synchronizationCriteria').map((group) => childrenOf(group, 'scope').map(readClause)),
    joins: groups('relationshipCriteria').map((group) => childrenOf(group, 'condition').map(readJoin)),
    flows: element.children.filter((child) => child.name === 'attribute-mappings').flatMap(readFlows),
    isNameOnly: false,
  };
}

function readClause(element: XmlElement): ConnectClause {
  return {
    attribute: textAt(element, 'csAttribute'),
    operator: textAt(element, 'csOperator').toUpperCase(),
    value: textAt(element, 'csValue'),
  };
}

function readJoin(element: XmlElement): ConnectJoin {
  const sensitive = textAt(element, 'caseSensitive') || (element.attributes['caseSensitive'] ?? '');
  return {
    space: textAt(element, 'csAttribute'),
    metaverse: textAt(element, 'ilmAttribute'),
    caseSensitive: isTrue(sensitive),
  };
}

function readFlows(mappings: XmlElement): readonly ConnectFlow[] {
  return childrenOf(mappings, 'mapping').map((mapping) => {
    const source = mapping.children.find((child) => child.name === 'src');
    const attributes = childrenOf(source, 'attr');
    const [attribute] = attributes;
    const expression = textAt(mapping, 'expression');
    const kind = expression !== '' ? 'expression' : attribute === undefined ? 'constant' : 'direct';
    return {
      target: textAt(mapping, 'dest'),
      kind,
      text: kind === 'expression' ? expression : ((attribute ?? source)?.text ?? ''),
      sources: attributes.length,
      merge: textAt(mapping, 'valueMergeType') || 'Update',
      once: isTrue(mapping.attributes['execute-once'] ?? ''),
    };
  });
}

export function isTrue(text: string): boolean {
  return text.toLowerCase() === 'true' || text === '1';
}

/** GUIDs come with and without braces and in either case. */
export function guidOf(text: string): string {
  return text.replace(/[{}\s]/g, '').toLowerCase();
}

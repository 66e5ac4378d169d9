import { createHash } from 'node:crypto';
import type { ConnectFlow, ConnectRule } from './connect-rule.ts';

/** What a rule does, part by part, each as a short hash: two rules with the same ones do the same. Name, number and description are not in it. */
export interface Fingerprint {
  readonly head: string;
  readonly scope: string;
  readonly joins: string;
  /** By the attribute that receives the value. */
  readonly flows: ReadonlyMap<string, string>;
}

/** A flow that takes the attribute of the same name as it is: by far the most are, and need no hash. */
export const PLAIN = '';

export function fingerprintOf(rule: ConnectRule): Fingerprint {
  const scope = rule.scope.map((group) => group.map(clauseText).sort()).sort();
  const joins = rule.joins.map((group) =>
    group.map((one) => `${one.space}=${one.metaverse}${one.caseSensitive ? ' exactly' : ''}`).sort(),
  );
  const head = [rule.direction, rule.sourceType, rule.targetType, rule.link.toLowerCase(), rule.passwordSync];
  return {
    head: hash(head),
    scope: hash(scope),
    joins: hash(joins),
    flows: new Map(rule.flows.map((flow) => [flow.target, flowPrint(flow)])),
  };
}

/** Scopes compare without regard to case, so `True` and `TRUE` are one. */
function clauseText({ attribute, operator, value }: ConnectRule['scope'][number][number]): string {
  return `${attribute} ${operator} ${value.toLowerCase()}`;
}

function flowPrint({ kind, target, text, merge, once }: ConnectFlow): string {
  if (kind === 'direct' && target === text && merge === 'Update' && !once) return PLAIN;
  return hash([kind, kind === 'expression' ? withoutSpace(text) : text, merge.toLowerCase(), once]);
}

/** An expression without the white space that stands outside of its texts and attribute names. */
function withoutSpace(expression: string): string {
  return expression.replace(/"(?:\\.|[^"\\])*"|\[[^\]]*\]|\s+/g, (piece) => (/^\s/.test(piece) ? '' : piece));
}

function hash(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 7);
}

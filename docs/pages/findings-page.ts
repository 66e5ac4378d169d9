import { FINDINGS, type FindingCode } from '../../src/model/finding.ts';

const HEAD = `# Findings, code by code

Every code with its severity and the words that a finding has when nothing more exact is known; most findings say more: which object, which other object, which value.
[The guide](../guide/findings.md) tells what each means for you. Written by \`npm run docs\` from the table of codes.
`;

/** What Entra Connect calls an error of its export, and the codes under which the same comes here. */
const ERRORS_OF_CONNECT: readonly (readonly [name: string, codes: readonly FindingCode[], told: string])[] = [
  ['InvalidHardMatch', ['match-privileged', 'match-forbidden'], 'in the plan, before anything is sent'],
  ['InvalidSoftMatch', ['match-other-anchor'], 'in the plan; both objects are named'],
  ['Existing Admin Role Conflict', ['match-privileged'], 'in the plan; nothing is created beside the administrator'],
  ['ObjectTypeMismatch', ['value-conflict'], 'in the plan; the rest of the object is synchronized'],
  ['AttributeValueMustBeUnique', ['value-conflict'], 'in the plan; the rest of the object is synchronized'],
  [
    'IdentityDataValidationFailed, DataValidationFailed',
    ['upn-characters', 'upn-suffix-unverified', 'attribute-invalid', 'attribute-missing'],
    'in the plan',
  ],
  ['FederatedDomainChangeError', ['target-refused'], 'when the tenant refuses it'],
  ['LargeObject, ExceededAllowedLength', ['attribute-too-long'], 'in the plan'],
  ['DeletionAccessViolation', ['target-refused'], 'does not come up: only what Dirbridge manages is deleted'],
  [
    'AttributeUpdateNotAllowed',
    ['match-synchronized', 'target-refused'],
    'in the plan, else when the tenant refuses it',
  ],
  ['SourceAnchor attribute has changed', ['anchor-changed'], 'in the sync'],
  ['sync-rule-error-function-triggered', ['rule-error'], 'in the sync or in the plan'],
  ['quota exceeded (16)', ['target-refused'], 'when the tenant refuses it'],
  ['busy (81)', [], 'repeated by itself with the delays that the tenant asks for; no finding'],
];

/** The whole page, as it belongs into docs/reference/findings.md. */
export function findingsPage(): string {
  const codes = Object.entries(FINDINGS).sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = codes.map(([code, { severity, cause, remedy }]) => [`\`${code}\``, severity, cause, remedy]);
  const errors = ERRORS_OF_CONNECT.map(([name, own, told]) => [
    name,
    own.map((code) => `\`${code}\``).join(', '),
    told,
  ]);
  return [
    HEAD,
    table(['code', 'severity', 'cause', 'remedy'], rows),
    '## By the names of Entra Connect\n',
    table(['there', 'here', 'when'], errors),
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `${lines.join('\n')}\n`;
}

import { FINDINGS, type FindingCode } from '../../src/model/finding.ts';

const HEAD = `# Findings, code by code

Every code with its severity and the words that a finding has when nothing more exact is known; most findings say more: which object, which other object, which value.
[The guide](../guide/findings.md) tells what each means for you. Written by \`npm run docs\` from the table of codes.
`;

interface ErrorOfConnect {
  /** The codes under which the same comes here. */
  readonly codes: readonly FindingCode[];
  readonly when: string;
}

/** What Entra Connect calls an error of its export, with the number that it gives where it gives one. */
export const ERRORS_OF_CONNECT = {
  'InvalidHardMatch (103)': {
    codes: ['match-privileged', 'match-forbidden'],
    when: 'before anything is sent',
  },
  InvalidSoftMatch: { codes: ['match-other-anchor'], when: 'before anything is sent; both objects are named' },
  'Existing Admin Role Conflict': {
    codes: ['match-privileged'],
    when: 'in the plan; nothing is created beside the administrator',
  },
  ObjectTypeMismatch: { codes: ['value-conflict'], when: 'in the plan; the rest of the object is synchronized' },
  AttributeValueMustBeUnique: {
    codes: ['value-conflict', 'join-conflict'],
    when: 'in the plan, and the rest of the object is synchronized; of two with one source anchor in the sync',
  },
  IdentityDataValidationFailed: { codes: ['upn-characters', 'upn-suffix-unverified'], when: 'in the plan' },
  DataValidationFailed: { codes: ['attribute-invalid', 'attribute-missing'], when: 'in the plan' },
  FederatedDomainChangeError: { codes: ['target-refused'], when: 'when the tenant refuses it' },
  LargeObject: {
    codes: ['target-cannot-carry-attribute'],
    when: 'does not come up: what makes an object too large (certificates, photos, secondary addresses) Graph cannot carry at all',
  },
  ExceededAllowedLength: { codes: ['attribute-too-long'], when: 'in the plan' },
  DeletionAccessViolation: {
    codes: [],
    when: 'does not come up: only what Dirbridge manages is deleted, and by the service taken over first where the tenant counts it as its own',
  },
  'PasswordAccessViolation (114)': { codes: ['password-refused'], when: 'when the tenant refuses a password' },
  'password synchronization not activated (90)': {
    codes: ['password-refused'],
    when: 'when the tenant refuses a password',
  },
  'AttributeUpdateNotAllowed (96)': {
    codes: ['match-synchronized', 'target-refused'],
    when: 'before anything is sent, else when the tenant refuses it',
  },
  'access denied (115)': {
    codes: ['target-refused'],
    when: 'when the tenant refuses it; when it refuses everything, the run ends with the error tenant-refused',
  },
  'Identity synchronization is not yet activated': {
    codes: [],
    when: 'does not come up: Graph wants directory synchronization switched off',
  },
  'SourceAnchor attribute has changed': { codes: ['anchor-changed'], when: 'in the sync' },
  'sync-rule-error-function-triggered': { codes: ['rule-error'], when: 'in the sync or in the plan' },
  'quota exceeded (16)': { codes: ['target-refused'], when: 'when the tenant refuses it' },
  'busy (81)': { codes: [], when: 'repeated by itself with the delays that the tenant asks for; no finding' },
} as const satisfies Readonly<Record<string, ErrorOfConnect>>;

export type NameOfConnect = keyof typeof ERRORS_OF_CONNECT;

/** The whole page, as it belongs into docs/reference/findings.md. */
export function findingsPage(): string {
  const codes = Object.entries(FINDINGS).sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = codes.map(([code, { severity, cause, remedy }]) => [`\`${code}\``, severity, cause, remedy]);
  const errors = Object.entries(ERRORS_OF_CONNECT).map(([name, { codes: own, when }]) => [
    name,
    own.map((code) => `\`${code}\``).join(', '),
    when,
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

import { runSamScript } from './samba-provision.ts';

/** An attribute as the schema extension of Exchange Server adds it to users; numbers below IANA's enterprise number for examples. */
interface SchemaAttribute {
  readonly name: string;
  readonly oid: string;
  /** attributeSyntax and oMSyntax of [MS-ADTS] 3.1.1.2.2.2. */
  readonly syntax: readonly [string, number];
}

const TEXT = ['2.5.5.12', 64] as const;
const LARGE_INTEGER = ['2.5.5.16', 65] as const;
const SID = ['2.5.5.17', 4] as const;

const ATTRIBUTES: readonly SchemaAttribute[] = [
  { name: 'mailNickname', oid: '1.3.6.1.4.1.32473.1.1', syntax: TEXT },
  { name: 'msExchMasterAccountSid', oid: '1.3.6.1.4.1.32473.1.2', syntax: SID },
  { name: 'msExchRecipientTypeDetails', oid: '1.3.6.1.4.1.32473.1.3', syntax: LARGE_INTEGER },
];

/** Gives a domain that does not run the attributes of Exchange that a linked mailbox is made of. */
export async function addExchangeSchema(smbConf: string): Promise<void> {
  await runSamScript('extend-schema', smbConf, JSON.stringify(ATTRIBUTES));
}

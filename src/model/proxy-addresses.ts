/** What the addresses of one object are computed from. Texts as the rules give them; domains in lower case. */
export interface AddressInputs {
  readonly proxyAddresses: readonly string[];
  readonly mail: string | undefined;
  /** As the tenant holds them: the user principal name and the mail nickname it settled on. */
  readonly userPrincipalName: string | undefined;
  readonly mailNickname: string | undefined;
  readonly initialDomain: string;
  readonly verifiedDomains: ReadonlySet<string>;
  /** Only with a licence for Exchange Online does the tenant add addresses of its own, and drop those of foreign domains. */
  readonly hasMailbox: boolean;
}

/** Types that the tenant does not take over (KB 3190357, "How the proxyAddresses attribute is populated"). */
const LEGACY_TYPES: ReadonlySet<string> = new Set(['MSMAIL', 'MS', 'X400', 'CCMAIL', 'NOTES', 'GWISE', 'FAX']);
const OWN_DOMAINS = /(^|\.)(onmicrosoft|microsoftonline)\.com$/;
const TYPE = /^([A-Za-z0-9]+):(.+)$/s;
const ADDRESS = /^[^@\s]+@([^@\s.]+(?:\.[^@\s.]+)+)$/;

/**
 * The addresses an object has in the tenant: those of the directory without what the tenant refuses, mail as the primary one where there is none,
 * and for a mailbox the user principal name and the address at the initial domain. The primary address begins with `SMTP:` and stands first.
 */
export function computeProxyAddresses(inputs: AddressInputs): readonly string[] {
  const { mail, hasMailbox, userPrincipalName, mailNickname, initialDomain } = inputs;
  const addresses = new AddressList();
  for (const value of inputs.proxyAddresses.map((one) => one.trim()).filter((one) => isTaken(one, inputs))) {
    const isPrimary = value.startsWith('SMTP:');
    if (/^smtp:/i.test(value)) addresses.addMail(value.slice(5), isPrimary);
    else addresses.addOther(value);
  }
  const address = mail?.trim();
  if (address !== undefined && isTaken(`SMTP:${address}`, inputs) && !addresses.hasPrimary)
    addresses.addMail(address, true);
  if (hasMailbox && userPrincipalName !== undefined) addresses.addMail(userPrincipalName, !addresses.hasPrimary);
  if (hasMailbox && mailNickname !== undefined) addresses.addMail(`${mailNickname}@${initialDomain}`, false);
  return addresses.finish();
}

function isTaken(value: string, { hasMailbox, verifiedDomains }: AddressInputs): boolean {
  const [, type = '', rest = ''] = TYPE.exec(value) ?? [];
  if (type === '' || LEGACY_TYPES.has(type.toUpperCase())) return false;
  if (type.toUpperCase() !== 'SMTP') return true;
  const domain = ADDRESS.exec(rest)?.[1]?.toLowerCase();
  if (domain === undefined || OWN_DOMAINS.test(domain)) return false;
  return !hasMailbox || verifiedDomains.size === 0 || verifiedDomains.has(domain);
}

/** Every address once, whatever its case, and one primary address: the first that asks for it. */
class AddressList {
  #primary: string | null = null;
  readonly #others = new Map<string, string>();

  get hasPrimary(): boolean {
    return this.#primary !== null;
  }

  addMail(address: string, isPrimary: boolean): void {
    const key = `smtp:${address.toLowerCase()}`;
    if (this.#primary?.toLowerCase() === address.toLowerCase()) return;
    if (isPrimary && this.#primary === null) {
      this.#primary = address;
      this.#others.delete(key);
    } else if (!this.#others.has(key)) this.#others.set(key, `smtp:${address}`);
  }

  addOther(value: string): void {
    const key = value.toLowerCase();
    if (!this.#others.has(key)) this.#others.set(key, value);
  }

  finish(): readonly string[] {
    return [...(this.#primary === null ? [] : [`SMTP:${this.#primary}`]), ...this.#others.values()];
  }
}

import type { AttributeTypeAndValue, AttributeValue, Name } from '@peculiar/asn1-x509';

/** The words that Windows has for the types of attributes in a name (CertNameToStr); any other is written OID.1.2.3. */
const KEYWORDS: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'SERIALNUMBER'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'S'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'T'],
  ['2.5.4.13', 'Description'],
  ['2.5.4.17', 'PostalCode'],
  ['2.5.4.18', 'POBox'],
  ['2.5.4.20', 'Phone'],
  ['2.5.4.24', 'X21Address'],
  ['2.5.4.42', 'G'],
  ['2.5.4.43', 'I'],
  ['2.5.4.46', 'dnQualifier'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'E'],
]);

/** A name as .NET's X500DistinguishedName writes it: the last part of the certificate first, `CN=Jane, OU=Sales, O=Contoso`. */
export function printX500Name(name: Name): string {
  const parts = [...name].toReversed().map((part) => [...part].map(printAttribute).join(' + '));
  return parts.join(', ');
}

function printAttribute({ type, value }: AttributeTypeAndValue): string {
  return `${KEYWORDS.get(type) ?? `OID.${type}`}=${quote(textOfValue(value))}`;
}

/** Quotes stand around a value that could be misread, and quotes inside it are doubled. */
function quote(text: string): string {
  return text === '' || /[,+="\n<>#;]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function textOfValue(value: AttributeValue): string {
  return value.toString();
}

/** The first value of this type in a name, from the front of the certificate; null when there is none. */
export function findInName(name: Name, type: string): string | null {
  for (const part of name) for (const one of part) if (one.type === type) return textOfValue(one.value);
  return null;
}

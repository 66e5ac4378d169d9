/** A name as people write it, and as it stands in an account name where that differs. */
export type WrittenName = readonly [written: string, ascii?: string];

type Names = readonly [WrittenName, ...WrittenName[]];

export const WESTERN_GIVEN_NAMES: Names = [
  ['Anna'],
  ['Jürgen', 'juergen'],
  ['Maria'],
  ['Thomas'],
  ['Zoë', 'zoe'],
  ['Peter'],
  ['Björn', 'bjoern'],
  ['Claire'],
  ['José', 'jose'],
  ['Ingrid'],
  ['Łukasz', 'lukasz'],
  ['Sofia'],
  ['Hans-Peter', 'hanspeter'],
  ['Grace'],
  ['André', 'andre'],
  ['Elif'],
  ['Søren', 'soeren'],
  ['Ruth'],
  ['Dmitri'],
  ['Käthe', 'kaethe'],
  ['Liam'],
  ['Noor'],
  ['Françoise', 'francoise'],
  ['Viktor'],
  ['Amélie', 'amelie'],
  ['Paul'],
  ['Günther', 'guenther'],
  ['Olga'],
  ['Renée', 'renee'],
  ['Marco'],
  ['Šárka', 'sarka'],
  ['Emma'],
];

export const WESTERN_SURNAMES: Names = [
  ['Schmidt'],
  ['Müller', 'mueller'],
  ["O'Brien", 'obrien'],
  ['Garcia'],
  ['van der Berg', 'vanderberg'],
  ['Öztürk', 'oeztuerk'],
  ['Weiß', 'weiss'],
  ['Novák', 'novak'],
  ['Smith'],
  ['Jönsson', 'joensson'],
  ['Rossi'],
  ['Lefèvre', 'lefevre'],
  ['Kowalczyk'],
  ['Hämäläinen', 'haemaelaeinen'],
  ['Fischer'],
  ['Meyer-Landrut', 'meyerlandrut'],
  ['Andersen'],
  ['Peña', 'pena'],
  ['Bauer'],
  ['Çelik', 'celik'],
  ['Taylor'],
  ['Gruber'],
  ['Nguyen'],
  ['Østergård', 'oestergaard'],
  ['Dubois'],
  ['Schäfer', 'schaefer'],
  ['Ivanova'],
  ['Murphy'],
  ['Lindqvist'],
  ['Groß', 'gross'],
  ['Keller'],
  ['Santos'],
  ['Yılmaz', 'yilmaz'],
  ['Brown'],
  ['Huber'],
  ['Petrović', 'petrovic'],
];

export const JAPANESE_GIVEN_NAMES: Names = [
  ['太郎', 'taro'],
  ['花子', 'hanako'],
  ['健一', 'kenichi'],
  ['美咲', 'misaki'],
  ['翔太', 'shota'],
  ['由美', 'yumi'],
];

export const JAPANESE_SURNAMES: Names = [
  ['山田', 'yamada'],
  ['佐藤', 'sato'],
  ['鈴木', 'suzuki'],
  ['高橋', 'takahashi'],
  ['渡辺', 'watanabe'],
  ['伊藤', 'ito'],
];

export interface Site {
  readonly name: string;
  readonly street: string;
  readonly city: string;
  readonly postalCode: string;
  readonly state: string;
  readonly country: string;
  /** ISO 3166-1 alpha-2 and numeric. */
  readonly countryCode: string;
  readonly countryNumber: string;
  readonly phonePrefix: string;
}

export const SITES: readonly [Site, ...Site[]] = [
  site('Berlin', 'Chausseestraße 12', '10115', 'Berlin', 'Germany', 'DE', '276', '+49 30 5550'),
  site('Köln', 'Hohe Straße 88', '50667', 'Nordrhein-Westfalen', 'Germany', 'DE', '276', '+49 221 5550'),
  site('Wien', 'Mariahilfer Straße 101', '1060', 'Wien', 'Austria', 'AT', '040', '+43 1 5550'),
  site('Zürich', 'Bahnhofstrasse 7', '8001', 'Zürich', 'Switzerland', 'CH', '756', '+41 44 5550'),
  site('London', '4 Bishopsgate', 'EC2N 4AG', 'Greater London', 'United Kingdom', 'GB', '826', '+44 20 5550'),
  site('New York', '350 Fifth Avenue, Floor 30', '10118', 'NY', 'United States', 'US', '840', '+1 212 555'),
  site('東京', '千代田区丸の内1-1', '100-0005', '東京都', 'Japan', 'JP', '392', '+81 3 5550'),
];

/** Department and the titles in it. */
export const DEPARTMENTS: readonly [Department, ...Department[]] = [
  ['Sales', ['Account Manager', 'Sales Representative', 'Inside Sales Specialist']],
  ['Engineering', ['Software Engineer', 'Test Engineer', 'Systems Architect']],
  ['Research & Development', ['Scientist', 'Laboratory Technician']],
  ['Finance', ['Controller', 'Accountant', 'Treasury Analyst']],
  ['Human Resources', ['Recruiter', 'HR Business Partner']],
  ['IT', ['System Administrator', 'Support Specialist', 'Security Analyst']],
  ['Legal', ['Counsel', 'Paralegal']],
  ['Production', ['Machine Operator', 'Shift Leader', 'Quality Inspector']],
];

type Department = readonly [name: string, titles: readonly [string, ...string[]]];

export const COMPANIES: readonly [string, ...string[]] = [
  'Contoso GmbH',
  'Contoso AG',
  'Contoso, Inc.',
  'コントソ株式会社',
];

export const GROUP_PURPOSES: readonly [string, ...string[]] = [
  'Readers',
  'Editors',
  'Application Users',
  'Project Team',
  'Printer Access',
  'Share Access',
  'VPN',
  'Announcements',
];

function site(
  city: string,
  street: string,
  postalCode: string,
  state: string,
  country: string,
  countryCode: string,
  countryNumber: string,
  phonePrefix: string,
): Site {
  return { name: city, street, city, postalCode, state, country, countryCode, countryNumber, phonePrefix };
}

import { at, cas, linesFor, peerSerial, type Wanted, type Workshop } from './pki.ts';

/** A CRL that openssl makes. */
export interface WantedCrl {
  readonly name: string;
  /** Of the CA `sub`, unless it is said. */
  readonly signer?: string;
  /** Lines of the list, see `listing`. */
  readonly entries?: string;
  readonly number?: number;
  /** Days from now. */
  readonly from?: number;
  readonly days?: number;
  /** In words of openssl's extensions, beside authorityKeyIdentifier. */
  readonly extensions?: readonly string[];
  /** A section that the extensions name. */
  readonly section?: readonly string[];
}

/** A line of a list of openssl that says that a certificate is revoked. */
export function listing(reason: string, serial: number = peerSerial): string {
  return `R\t400101000000Z\t261101000000Z,${reason}\t${serial.toString(16)}\tunknown\t/CN=x\n`;
}

/** The lines that make a CRL, by default since an hour for a week. */
export function linesForCrl(shop: Workshop, wanted: WantedCrl): readonly string[] {
  const { name, signer = 'sub', entries = '', number = 10, from = 0, days = 7 } = wanted;
  const { extensions = [], section = [] } = wanted;
  shop.write(`${name}.txt`, entries);
  shop.write(`${name}.num`, `${number.toString(16).padStart(2, '0')}\n`);
  shop.write(
    `${name}.cnf`,
    [
      '[ca]',
      'default_ca=d',
      '[d]',
      `database=${name}.txt`,
      `crlnumber=${name}.num`,
      'default_md=sha256',
      `default_crl_days=${days}`,
      'crl_extensions=x',
      '[x]',
      'authorityKeyIdentifier=keyid',
      ...extensions,
      ...(section.length > 0 ? ['[s]', ...section] : []),
      '',
    ].join('\n'),
  );
  return [
    `${at(from)}openssl ca -config ${name}.cnf -gencrl -keyfile ${signer}.key -cert ${signer}.crt -out ${name}.pem`,
    `openssl crl -in ${name}.pem -outform DER -out ${name}.crl`,
  ];
}

/** An issuingDistributionPoint, by words of its section. */
export function scoped(...section: readonly string[]): Pick<WantedCrl, 'extensions' | 'section'> {
  return { extensions: ['issuingDistributionPoint=critical,@s'], section };
}

const thousands = Array.from({ length: 20_000 }, (_, i) =>
  listing('superseded', 0x20_00_00 + i),
).join('');

const wantedCrls: readonly WantedCrl[] = [
  { name: 'good' },
  { name: 'revoked', entries: listing('keyCompromise') },
  { name: 'hold', entries: listing('certificateHold') },
  { name: 'expired', from: -9 },
  { name: 'expired-revoked', from: -9, entries: listing('keyCompromise') },
  { name: 'expired-hold', from: -9, entries: listing('certificateHold') },
  { name: 'future', from: 3 },
  { name: 'impostor', signer: 'impostor' },
  { name: 'stranger', signer: 'stranger' },
  { name: 'cas-only', ...scoped('onlyCA=TRUE') },
  { name: 'some-reasons', ...scoped('onlysomereasons=keyCompromise') },
  { name: 'critical', extensions: ['1.2.3.4=critical,ASN1:NULL'] },
  { name: 'older', number: 5, from: -1 },
  { name: 'huge', entries: thousands },
];

const stranger: Wanted = {
  name: 'stranger',
  serial: 102,
  extensions: ['basicConstraints=critical,CA:TRUE', 'subjectKeyIdentifier=hash'],
};

/** Make the PKI, whose peer names no place for CRLs, and all CRLs. @returns the files, by the name of the row */
export function makeCrls(shop: Workshop): Readonly<Record<string, Uint8Array>> {
  const peer: Wanted = {
    name: 'peer',
    issuer: 'sub',
    serial: peerSerial,
    extensions: ['keyUsage=digitalSignature'],
  };
  shop.run(...[...cas, stranger, peer].flatMap((wanted) => linesFor(shop, wanted)));
  shop.run(...wantedCrls.flatMap((wanted) => linesForCrl(shop, wanted)));
  const files = Object.fromEntries(
    wantedCrls.map(({ name }) => [name, shop.read(`${name}.crl`)] as const),
  );
  return {
    ...files,
    'too-large': shop.read('huge.crl'),
    slow: shop.read('good.crl'),
    pem: shop.read('good.pem'),
    truncated: shop.read('good.crl').subarray(0, -1),
    html: Buffer.from('<html><body>No CRL here</body></html>'),
  };
}

/** An entry of a directory with a CRL, where certificates look for it (RFC 4523). */
export function crlEntry([name, octets]: readonly [string, Uint8Array]): string {
  const value = Buffer.from(octets).toString('base64');
  return `dn: cn=${name},o=Test\nobjectClass: cRLDistributionPoint\ncn: ${name}\ncertificateRevocationList;binary:: ${value}\n`;
}

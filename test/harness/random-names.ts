import { fromHex } from '../../src/base/bytes.ts';
import { oids, type Oid } from '../../src/asn1/oids.ts';
import type { GeneralName } from '../../src/x509/general-name.ts';
import type { GeneralSubtree, NameConstraints } from '../../src/x509/name-constraints.ts';
import type { AttributeTypeAndValue, Name } from '../../src/x509/name.ts';
import type { Seeded } from './seeded.ts';

const hosts = [
  'example.com',
  'a.example.com',
  'b.a.example.com',
  'xexample.com',
  'other.org',
] as const;
const mailboxes = ['u@example.com', 'U@example.com', 'u@EXAMPLE.com', 'v@a.example.com'] as const;
const uris = [
  'http://a.example.com/x',
  'https://example.com:8443',
  'ldap://other.org/?x',
  'urn:a.example.com',
  'http://192.0.2.1/',
] as const;
const addresses = ['c0000201', 'c6336401', '20010db8000000000000000000000001'] as const;

/** Make up a name. Those of cases differ, so that one run of `openssl` can be given the certificates of many. */
export function nameOf(seed: number, level: number, random: Seeded, theme: string): Name {
  const unit = random.pick(['Gate', 'gate  ', 'Door', 'Gate']);
  const isHost = theme === 'names' && random.below(6) === 0;
  const isMailed = theme === 'names' && random.below(4) === 0;
  return {
    rdns: [
      [attribute(oids.organizationName, `Case ${seed}`)],
      ...(theme === 'names' ? [[attribute(oids.organizationalUnitName, unit)]] : []),
      [attribute(oids.commonName, isHost ? `host${level}.example.com` : `CN ${level}`)],
      ...(isMailed
        ? [
            [
              {
                type: oids.emailAddress,
                value: { type: 'ia5String', value: random.pick(mailboxes) } as const,
              },
            ],
          ]
        : []),
    ],
  };
}

/** Spell a name, which is the same by RFC 5280 section 7.1, as nobody would. */
export function respelled({ rdns }: Name): Name {
  return {
    rdns: rdns.map((rdn) =>
      rdn.map(({ type, value }) => {
        const text = typeof value.value === 'string' ? value.value : '';
        const written = ` ${text.toUpperCase().replaceAll(' ', '  ')} `;
        return value.type === 'utf8String'
          ? { type, value: { type: 'printableString', value: written } as const }
          : { type, value };
      }),
    ),
  };
}

/** What is made up of names in a certificate. */
export interface NamePlan {
  readonly subject: Name;
  names: GeneralName[];
  nameConstraints?: NameConstraints;
}

/** Add names, and to a CA constraints on names. */
export function decorateNames(plan: NamePlan, isLast: boolean, random: Seeded): void {
  const count = random.below(isLast ? 4 : 2);
  for (let i = 0; i < count; i++) plan.names.push(randomName(plan, random));
  if (isLast || random.below(2) === 0) return;
  const subtrees = (): GeneralSubtree[] =>
    Array.from({ length: 1 + random.below(3) }, () => ({
      base: randomBase(plan, random),
      minimum: random.below(30) === 0 ? 1 : 0,
    }));
  const which = random.below(3);
  plan.nameConstraints = {
    ...(which !== 1 && { permittedSubtrees: subtrees() }),
    ...(which !== 0 && { excludedSubtrees: subtrees() }),
  };
}

function randomName({ subject }: NamePlan, random: Seeded): GeneralName {
  switch (random.below(7)) {
    case 0:
    case 1:
      return { type: 'dNSName', value: random.pick(hosts) };
    case 2:
      return { type: 'rfc822Name', value: random.pick(mailboxes) };
    case 3:
      return { type: 'uniformResourceIdentifier', value: random.pick(uris) };
    case 4:
      return { type: 'iPAddress', value: fromHex(random.pick(addresses)) };
    case 5:
      return { type: 'directoryName', value: subject };
    default:
      return { type: 'registeredID', value: '2.999.3' };
  }
}

function randomBase({ subject }: NamePlan, random: Seeded): GeneralName {
  switch (random.below(7)) {
    case 0:
    case 1:
      return { type: 'dNSName', value: random.pick([...hosts, 'com', '']) };
    case 2:
      return {
        type: 'rfc822Name',
        value: random.pick(['example.com', '.example.com', 'u@example.com', 'U@example.com']),
      };
    case 3:
      return {
        type: 'uniformResourceIdentifier',
        value: random.pick(['example.com', '.example.com', 'a.example.com', '.com']),
      };
    case 4:
      return {
        type: 'iPAddress',
        value: fromHex(
          random.pick([
            'c0000200ffffff00',
            'c0000000ff000000',
            `20010db8${'0'.repeat(24)}ffffffff${'0'.repeat(24)}`,
          ]),
        ),
      };
    case 5: {
      const rdns = subject.rdns.slice(0, random.below(3));
      return {
        type: 'directoryName',
        value: random.below(2) === 0 ? { rdns } : respelled({ rdns }),
      };
    }
    default:
      return random.below(3) === 0
        ? { type: 'registeredID', value: '2.999.3' }
        : { type: 'dNSName', value: 'example.com' };
  }
}

function attribute(type: Oid, value: string): AttributeTypeAndValue {
  return { type, value: { type: 'utf8String', value } };
}

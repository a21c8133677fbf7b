import { oids } from '../asn1/oids.ts';
import { parseBaseOid } from './base-oid.ts';
import { mibHead, type MibParent } from './mib-conventions.ts';
import { mibNotifications, type MibNotification } from './mib-notifications.ts';
import { certificateColumns, eventObjects, type MibObject } from './mib-objects.ts';

/** What a base may hang on, the longest first. */
const parentNames = ['netSnmpPlaypen', 'enterprises', 'internet'] as const;

/**
 * Write CERT-LIFECYCLE-MIB as it is sent below a base OID, for a receiver to load. The notifications are made from
 * the same tables as this text.
 *
 * @throws {CertError} CONFIG_INVALID as `parseBaseOid`
 */
export function mibText(baseOid: string): string {
  return [
    mibHead(parentOf(parseBaseOid(baseOid))),
    certificateTable(),
    `-- Event objects\n\nclmEvent OBJECT IDENTIFIER ::= { clmObjects 2 }\n`,
    ...Object.entries(eventObjects).map(([name, object]) =>
      objectType(name, object, 'accessible-for-notify', 'clmEvent'),
    ),
    `-- Notifications\n`,
    ...Object.entries(mibNotifications).map(([name, each]) => notificationType(name, each)),
    conformance(),
    'END\n',
  ].join('\n');
}

function parentOf(arcs: readonly number[]): MibParent {
  const base = arcs.join('.');
  const name = parentNames.find((each) => base.startsWith(`${oids[each]}.`)) ?? 'internet';
  const below = base.slice(oids[name].length + 1).replaceAll('.', ' ');
  const module = name === 'netSnmpPlaypen' ? 'NET-SNMP-MIB' : 'SNMPv2-SMI';
  return { name, module, identity: `${name} ${below}` };
}

function certificateTable(): string {
  const columns = Object.entries(certificateColumns);
  const rows = columns.map(([name, { syntax }]) => `    ${name.padEnd(20)}${typeOf(syntax)}`);
  return `-- Certificate table

clmCertTable OBJECT-TYPE
    SYNTAX      SEQUENCE OF ClmCertEntry
    MAX-ACCESS  not-accessible
    STATUS      current
    DESCRIPTION "Managed certificates, one row for each store entry."
    ::= { clmObjects 1 }

clmCertEntry OBJECT-TYPE
    SYNTAX      ClmCertEntry
    MAX-ACCESS  not-accessible
    STATUS      current
    DESCRIPTION "One managed certificate."
    INDEX       { clmCertIndex }
    ::= { clmCertTable 1 }

ClmCertEntry ::= SEQUENCE {
${rows.join(',\n')}
}

${columns
  .map(([name, object]) =>
    objectType(
      name,
      object,
      name === 'clmCertIndex' ? 'not-accessible' : 'read-only',
      'clmCertEntry',
    ),
  )
  .join('\n')}`;
}

/** A SEQUENCE names types without their ranges. */
function typeOf(syntax: string): string {
  return syntax.replace(/ \(.*\)$/, '');
}

function objectType(name: string, object: MibObject, access: string, above: string): string {
  const { number, syntax, units, description } = object;
  const unitsLine = units === undefined ? '' : `    UNITS       "${units}"\n`;
  return `${name} OBJECT-TYPE
    SYNTAX      ${syntax}
${unitsLine}    MAX-ACCESS  ${access}
    STATUS      current
    ${described(description)}
    ::= { ${above} ${number} }
`;
}

function notificationType(name: string, { number, objects, description }: MibNotification): string {
  return `${name} NOTIFICATION-TYPE
    OBJECTS { ${list(objects, 14)} }
    STATUS  current
    ${described(description)}
    ::= { clmNotifications ${number} }
`;
}

function conformance(): string {
  const columns = Object.keys(certificateColumns).filter((name) => name !== 'clmCertIndex');
  const minima = columns.map(
    (name) => `        OBJECT ${name}
            MIN-ACCESS  accessible-for-notify
            DESCRIPTION "Reading is optional."`,
  );
  return `-- Conformance

clmCompliances OBJECT IDENTIFIER ::= { clmConformance 1 }
clmGroups      OBJECT IDENTIFIER ::= { clmConformance 2 }

clmNotifyCompliance MODULE-COMPLIANCE
    STATUS      current
    DESCRIPTION
        "For a sender of notifications that is not an SNMP agent: the
         columns of clmCertTable appear in notifications only."
    MODULE
        MANDATORY-GROUPS { clmCertGroup, clmEventGroup,
                           clmNotificationGroup }
${minima.join('\n')}
    ::= { clmCompliances 1 }

clmCertGroup OBJECT-GROUP
    OBJECTS { ${list(columns, 14)} }
    STATUS      current
    DESCRIPTION "Columns of clmCertTable."
    ::= { clmGroups 1 }

clmEventGroup OBJECT-GROUP
    OBJECTS { ${list(Object.keys(eventObjects), 14)} }
    STATUS      current
    DESCRIPTION "Objects that appear in notifications only."
    ::= { clmGroups 2 }

clmNotificationGroup NOTIFICATION-GROUP
    NOTIFICATIONS { ${list(Object.keys(mibNotifications), 20)} }
    STATUS      current
    DESCRIPTION "All notifications."
    ::= { clmGroups 3 }
`;
}

/** Columns of a line of the module. */
const width = 72;

function described(description: string): string {
  const line = `DESCRIPTION "${description}"`;
  if (line.length + 4 <= width) return line;
  return `DESCRIPTION\n        "${wrapped(description.split(' '), ' ', 9)}"`;
}

function list(names: readonly string[], indent: number): string {
  return wrapped(
    names.map((name, at) => (at === names.length - 1 ? name : `${name},`)),
    ' ',
    indent,
  );
}

function wrapped(words: readonly string[], between: string, indent: number): string {
  const lines = [''];
  for (const word of words) {
    const line = lines.at(-1) ?? '';
    if (line === '') lines[lines.length - 1] = word;
    else if (indent + line.length + between.length + word.length < width)
      lines[lines.length - 1] = `${line}${between}${word}`;
    else lines.push(word);
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}

import { operationNumbers, severityNumbers, stateNumbers } from './mib-enumerations.ts';

/** What the base of the module hangs on: a name that another module gives it. */
export interface MibParent {
  readonly name: string;
  readonly module: 'SNMPv2-SMI' | 'NET-SNMP-MIB';
  /** Name and numbers of clmMIB below it, as in "netSnmpPlaypen 4210". */
  readonly identity: string;
}

/** Write the module as far as its objects begin. */
export function mibHead({ name, module, identity }: MibParent): string {
  const fromSmi = module === 'SNMPv2-SMI' ? `, ${name}` : '';
  const fromOther = module === 'SNMPv2-SMI' ? '' : `\n    ${name}\n        FROM ${module}`;
  return `CERT-LIFECYCLE-MIB DEFINITIONS ::= BEGIN

IMPORTS
    MODULE-IDENTITY, OBJECT-TYPE, NOTIFICATION-TYPE,
    Integer32, Unsigned32${fromSmi}
        FROM SNMPv2-SMI
    TEXTUAL-CONVENTION, DateAndTime
        FROM SNMPv2-TC
    MODULE-COMPLIANCE, OBJECT-GROUP, NOTIFICATION-GROUP
        FROM SNMPv2-CONF
    SnmpAdminString
        FROM SNMP-FRAMEWORK-MIB${fromOther};

clmMIB MODULE-IDENTITY
    LAST-UPDATED "202611210000Z"
    ORGANIZATION "certkeeper project"
    CONTACT-INFO "See the project repository."
    DESCRIPTION
        "Notifications and status objects of a certificate lifecycle
         manager that enrols with CMP (RFC 9810, RFC 9483).

         By default the module is registered below netSnmpPlaypen, a
         subtree that Net-SNMP gives for local experiments. The sender
         has a setting for the base OID. When the operator owns a
         private enterprise number, the base OID and the assignment of
         clmMIB below change together, and nothing else in this module."
    REVISION "202611210000Z"
    DESCRIPTION "First version."
    ::= { ${identity} }

clmNotifications OBJECT IDENTIFIER ::= { clmMIB 0 }
clmObjects       OBJECT IDENTIFIER ::= { clmMIB 1 }
clmConformance   OBJECT IDENTIFIER ::= { clmMIB 2 }

-- Textual conventions

ClmOctets ::= TEXTUAL-CONVENTION
    DISPLAY-HINT "1x:"
    STATUS       current
    DESCRIPTION  "Octets shown as hexadecimal pairs."
    SYNTAX       OCTET STRING (SIZE (0..64))

ClmLifecycleState ::= TEXTUAL-CONVENTION
    STATUS       current
    DESCRIPTION  "Lifecycle state of a managed certificate."
${enumeration(stateNumbers)}

ClmSeverity ::= TEXTUAL-CONVENTION
    STATUS       current
    DESCRIPTION
        "Same numbers as ItuPerceivedSeverity of ITU-ALARM-TC-MIB
         (RFC 3877), so that alarm managers can use the value as it is."
${enumeration(severityNumbers)}

ClmOperation ::= TEXTUAL-CONVENTION
    STATUS       current
    DESCRIPTION  "CMP exchange or local operation an event is about."
${enumeration(operationNumbers)}
`;
}

function enumeration(numbers: Readonly<Record<string, number>>): string {
  const values = Object.entries(numbers).map(([name, number]) => `${name}(${number})`);
  const indent = ' '.repeat(21);
  return `    SYNTAX       INTEGER {\n${indent}${values.join(`,\n${indent}`)}\n                 }`;
}

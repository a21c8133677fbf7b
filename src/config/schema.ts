import { z } from 'zod';
import { name, text } from './leaves.ts';
import { schemaOf } from './words.ts';
import { caWords, type CaWords } from './words-ca.ts';
import {
  autoFetchWords,
  certificateWords,
  deployWords,
  hookWords,
  stapleWords,
  type CertificateWords,
} from './words-certificate.ts';
import { ipsecChildWords, ipsecPeerWords, type IpsecPeerFileWords } from './words-ipsec.ts';
import * as notifications from './words-notifications.ts';
import * as settings from './words-settings.ts';
import * as validation from './words-validation.ts';

/**
 * The file, understood. A section that is there is the whole of its matter; one that is not leaves that as it is
 * stored. A new section is a row here and in the schema, its words, and a file like `section-windows.ts` that
 * `sections.ts` calls.
 */
export interface ConfigFile {
  readonly ca?: Readonly<Record<string, CaWords>> | undefined;
  readonly retrieval?: Readonly<Record<string, settings.RetrievalWords>> | undefined;
  readonly tokens?: Readonly<Record<string, settings.TokenWords>> | undefined;
  readonly 'cert-store'?: settings.CertStoreWords | undefined;
  readonly retention?: settings.RetentionWords | undefined;
  readonly 'maintenance-windows'?: Readonly<Record<string, settings.WindowWords>> | undefined;
  readonly 'cert-trap'?: notifications.CertTrapWords | undefined;
  readonly snmp?: notifications.SnmpWords | undefined;
  readonly notify?: notifications.NotifyWords | undefined;
  readonly ocsp?: Readonly<Record<string, validation.TabledWords>> | undefined;
  readonly 'ca-crl'?: Readonly<Record<string, validation.CaCrlWords>> | undefined;
  readonly 'crypto-policy'?: Readonly<Record<string, validation.TabledWords>> | undefined;
  readonly 'staple-responder'?: validation.ResponderWords | undefined;
  readonly certificates?: Readonly<Record<string, CertificateWords>> | undefined;
  readonly 'ipsec-peer'?: Readonly<Record<string, IpsecPeerFileWords>> | undefined;
}

/** The names of its sections. */
export type SectionName = keyof ConfigFile;

const deployments = z
  .record(name, schemaOf(deployWords))
  .optional()
  .describe('Where its files go, by label');

const staples = z
  .record(name, schemaOf(stapleWords))
  .optional()
  .describe('Where its OCSP response is stapled, by label');

const children = z
  .record(name, schemaOf(ipsecChildWords))
  .optional()
  .describe('Its traffic, by name; up to five');

const hook = schemaOf(hookWords).optional().describe('Program that is run after each delivery');

const autoFetch = schemaOf(autoFetchWords)
  .optional()
  .describe('Where the agent fetches it, when another node renews it');

const snmpDestinations = z
  .record(name, schemaOf(notifications.snmpDestinationWords))
  .optional()
  .describe('Receivers of SNMP, by name');

const notify = z.strictObject({
  webhook: z
    .record(name, schemaOf(notifications.webhookWords))
    .optional()
    .describe('Servers that notifications are posted to, by name'),
  command: z
    .record(name, schemaOf(notifications.notifyCommandWords))
    .optional()
    .describe('Programs that are run for notifications, by name'),
  log: z
    .record(name, schemaOf(notifications.notifyLogWords))
    .optional()
    .describe('Files that notifications are appended to, by name'),
});

/** What a file may hold. */
export const configSchema: z.ZodType<ConfigFile> = z.strictObject({
  ca: z.record(name, schemaOf(caWords)).optional().describe('CA profiles, by label'),
  retrieval: z
    .record(text, schemaOf(settings.retrievalWords))
    .optional()
    .describe('Servers that files are fetched from, as in sftp://files.example'),
  tokens: z
    .record(text, schemaOf(settings.tokenWords))
    .optional()
    .describe('PKCS #11 tokens, by label'),
  'cert-store': schemaOf(settings.certStoreWords)
    .optional()
    .describe('Where certificates go, and what goes along'),
  retention: schemaOf(settings.retentionWords).optional().describe('How much of the past is kept'),
  'maintenance-windows': z
    .record(name, schemaOf(settings.windowWords))
    .optional()
    .describe('When the agent may begin renewals, by name'),
  'cert-trap': schemaOf(notifications.certTrapWords)
    .optional()
    .describe('When the ends of certificates are warned of'),
  snmp: schemaOf<typeof notifications.snmpWords, Pick<notifications.SnmpWords, 'destination'>>(
    notifications.snmpWords,
    { destination: snmpDestinations },
  )
    .optional()
    .describe('Notifications by SNMP'),
  notify: notify.optional().describe('Notifications by other ways'),
  ocsp: z
    .record(text, schemaOf(validation.ocspWords))
    .optional()
    .describe('OCSP objects, by name: how certificates of peers are asked about'),
  'ca-crl': z
    .record(name, schemaOf(validation.caCrlWords))
    .optional()
    .describe('CRLs that are fetched, by name'),
  'crypto-policy': z
    .record(name, schemaOf(validation.policyWords))
    .optional()
    .describe('Policies by which peers are judged, by name'),
  'staple-responder': schemaOf(validation.responderWords)
    .optional()
    .describe('How the agent answers OCSP requests of servers'),
  certificates: z
    .record(
      name,
      schemaOf(certificateWords, {
        deploy: deployments,
        staple: staples,
        hook,
        'auto-fetch': autoFetch,
      }),
    )
    .optional()
    .describe('What is set for certificates, by name'),
  'ipsec-peer': z
    .record(
      name,
      schemaOf<typeof ipsecPeerWords, Pick<IpsecPeerFileWords, 'child'>>(ipsecPeerWords, {
        child: children,
      }),
    )
    .optional()
    .describe('Tunnels of strongSwan, by name'),
});

/** Tell what JSON Schema says of the file, for editors: what they take for a number or a switch is one there. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: 'input' });
  return { $schema, title: 'Configuration of certkeeper', ...rest };
}

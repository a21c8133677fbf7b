import type { Store } from '../store/store.ts';
import type { Change, ConfigContext, Entry } from './entry.ts';
import { checkStapleObjects, knownLabels } from './judging-labels.ts';
import type { ConfigFile, SectionName } from './schema.ts';
import { compareServers, compareTokens, storedServers, storedTokens } from './section-access.ts';
import { compareCas, storedCas } from './section-ca.ts';
import { compareCertTrap, storedCertTrap } from './section-cert-trap.ts';
import { compareCertificates, storedCertificates } from './section-certificates.ts';
import { compareIpsecPeers, storedIpsecPeers } from './section-ipsec.ts';
import { compareNotify, compareSnmp, storedNotify, storedSnmp } from './section-notifications.ts';
import { compareResponder, storedResponder } from './section-responder.ts';
import {
  compareCertStore,
  compareRetention,
  storedCertStore,
  storedRetention,
} from './section-settings.ts';
import {
  compareCaCrls,
  compareOcsp,
  comparePolicies,
  storedCaCrls,
  storedOcsp,
  storedPolicies,
} from './section-validation.ts';
import { compareWindows, storedWindows } from './section-windows.ts';

/** The whole configuration as it is stored, in the words of the file: every section in its order. */
export const storedSections: Readonly<
  Record<SectionName, (store: Store) => Promise<readonly Entry[]>>
> = {
  ca: storedCas,
  retrieval: storedServers,
  tokens: storedTokens,
  'cert-store': storedCertStore,
  retention: storedRetention,
  'maintenance-windows': storedWindows,
  'cert-trap': storedCertTrap,
  snmp: storedSnmp,
  notify: storedNotify,
  ocsp: storedOcsp,
  'ca-crl': storedCaCrls,
  'crypto-policy': storedPolicies,
  'staple-responder': storedResponder,
  certificates: storedCertificates,
  'ipsec-peer': storedIpsecPeers,
};

/** Compare what is stored with a file, section by section; what the file leaves out stays as it is. */
export async function compareSections(
  context: ConfigContext,
  file: ConfigFile,
): Promise<readonly Change[]> {
  const changes = [
    file.ca && (await compareCas(context, file.ca, file)),
    file.retrieval && (await compareServers(context, file.retrieval)),
    file.tokens && (await compareTokens(context, file.tokens)),
    file['cert-store'] && (await compareCertStore(context, file['cert-store'])),
    file.retention && (await compareRetention(context, file.retention)),
    file['maintenance-windows'] && (await compareWindows(context, file['maintenance-windows'])),
    file['cert-trap'] && (await compareCertTrap(context, file['cert-trap'])),
    file.snmp && (await compareSnmp(context, file.snmp)),
    file.notify && (await compareNotify(context, file.notify)),
    file.ocsp && (await compareOcsp(context, file.ocsp, file)),
    file['ca-crl'] && (await compareCaCrls(context, file['ca-crl'], file)),
    file['crypto-policy'] && (await comparePolicies(context, file['crypto-policy'], file)),
    file['staple-responder'] && (await compareResponder(context, file['staple-responder'], file)),
    file.certificates && (await compareCertificates(context, file.certificates)),
    file['ipsec-peer'] && (await compareIpsecPeers(context, file['ipsec-peer'], file)),
  ].flatMap((each) => each ?? []);
  if (file.certificates) {
    checkStapleObjects(context, await knownLabels(context, file), file.certificates);
  }
  // A file that one deployment leaves is free for another; what refers to something goes, or is changed, before that goes:
  // whenever all of this is interrupted, nothing is named that is not there.
  return changes.toSorted((a, b) => rank(a) - rank(b));
}

function rank({ type, fields, path: [section] }: Change): number {
  // The responder is one entry, which is there with nothing in it, too.
  const isEnded = section === 'staple-responder' && fields.every(({ to }) => to === undefined);
  if (type !== 'removed') return isEnded ? 2 : 1;
  if (section === 'ca') return 4;
  if (section === 'ocsp' || section === 'ca-crl') return 3;
  return section === 'crypto-policy' ? 2 : 0;
}

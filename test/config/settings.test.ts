import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/grammar.ts';
import { configJsonSchema } from '../../src/config/schema.ts';

/** Where in the file stands what a command sets; `…` is a name. */
const settings: Readonly<Record<string, readonly string[]>> = {
  'ca add': ['ca.…'],
  'cmp cert-store': ['cert-store.location', 'cert-store.key'],
  'cert chain-limit': ['cert-store.chain-limit'],
  'cmp history': ['retention.history'],
  retention: ['retention'],
  'cmp auto-update': ['certificates.….auto-update'],
  'cmp auto-fetch': ['certificates.….auto-fetch.time', 'certificates.….auto-fetch.from'],
  'cert key': ['certificates.….key'],
  'agent serve': ['certificates.….serve-to'],
  'cert deploy': ['certificates.….deploy.…'],
  'cert hook': ['certificates.….hook.command'],
  'agent window add': ['maintenance-windows.….cron'],
  'crypto token add': ['tokens.….module'],
  'retrieval server': ['retrieval.….user'],
  'cmp cert-trap': ['cert-trap.time', 'cert-trap.repeat'],
  'snmp destination add': ['snmp.destination.….host'],
  'snmp base-oid': ['snmp.base-oid'],
  'notify webhook': ['notify.webhook.….url'],
  'notify command': ['notify.command.….command'],
  'notify log': ['notify.log.….file'],
  'ocsp verify-object': ['ocsp.….signing-certs', 'ocsp.….tunnel-password'],
  'ca-crl name': ['ca-crl.….url', 'ca-crl.….refresh'],
  'crypto map': ['crypto-policy.….ocsp-cert-validator', 'crypto-policy.….revocation'],
  'crypto template': ['crypto-policy.….kind'],
  'staple add': ['certificates.….staple.…', 'certificates.….staple-ocsp'],
  'ipsec peer add': ['ipsec-peer.….peer', 'ipsec-peer.….child.….local-ts'],
  'staple responder listen': ['staple-responder.listen', 'staple-responder.for-ca'],
};

/** What takes a setting away: the file does so by not naming it. */
const removals: readonly string[] = [
  'ca remove',
  'crypto token remove',
  'snmp destination remove',
  'notify remove',
  'no ocsp',
  'staple remove',
  'no staple responder',
  'ipsec peer remove',
  'no ipsec peer',
];

/** What sets nothing that lasts, or what cannot be in a file, by the reason. */
const acts: Readonly<Record<string, readonly string[]>> = {
  'asks a CA, or another node': [
    'cmp initialize',
    'cmp enroll',
    'cmp update',
    'cmp request',
    'cmp revoke',
    'cmp info',
    'cmp poll',
    'cmp fetch',
    'staple refresh',
  ],
  'is about a certificate or a key, which are not in the file': [
    'cert import',
    'cert track',
    'cert export',
    'cert restore',
    'cert remove',
    'cert move',
    'certificate name',
    'crypto rsa-keygen',
    'crypto keygen',
  ],
  'tidies up': [
    'clear cmp cert-name',
    'clear cmp statistics',
    'clear crypto statistics',
    'clear ca-crl',
    'clear ca request-template',
  ],
  'tries something': ['hook test', 'snmp destination test', 'notify test', 'crypto token check'],
  'is about the store, or the agent as a process': [
    'store backup',
    'store restore',
    'store rekey',
    'agent stop',
    'agent reload',
  ],
  'is the file itself': ['config apply'],
};

const changing = commands
  .filter(({ changes }) => changes === 'store' || changes === 'world')
  .map(({ words }) => words.join(' '));

describe('the configuration file', () => {
  it('has a place for whatever a command sets', () => {
    const known = [...Object.keys(settings), ...removals, ...Object.values(acts).flat()];
    const undoes = (line: string): boolean =>
      line.startsWith('no ') &&
      (known.includes(line.slice(3)) || known.includes(`${line.slice(3)} add`));
    const unknown = changing.filter((line) => !known.includes(line) && !undoes(line));
    expect(unknown).toStrictEqual([]);
    expect(known.filter((line) => !changing.includes(line))).toStrictEqual([]);
  });

  it.each(Object.entries(settings))('has that of "%s" in its schema: %s', (_, paths) => {
    const schema = configJsonSchema();
    for (const path of paths) {
      const steps = path.split('.').flatMap((step) => {
        return step === '…' ? ['additionalProperties'] : ['properties', step];
      });
      expect(schema).toHaveProperty(steps);
    }
  });
});

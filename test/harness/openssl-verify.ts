import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePem } from '../../src/asn1/pem.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { someDay, type Issued } from './certificates.ts';
import type { PolicySetting, RandomPki } from './random-pki.ts';

/** What `openssl verify` says of a PKI: nothing when it is valid, its complaints else. */
export type OpensslComplaints = readonly string[];

/**
 * Ask `openssl verify` about many PKIs that share a setting, in one run: no name of one is in another.
 *
 * @returns its complaints in the order of the PKIs
 */
export function opensslVerify(
  pkis: readonly RandomPki[],
  setting: PolicySetting,
): readonly OpensslComplaints[] {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-verify-'));
  try {
    const write = (name: string, certificates: readonly Issued[]): string => {
      const pem = certificates.map(({ certificate }) =>
        encodePem('CERTIFICATE', certificateDer(certificate)),
      );
      writeFileSync(join(directory, name), pem.join(''));
      return name;
    };
    const intermediates = pkis.flatMap((pki) => pki.intermediates);
    const { stdout, stderr } = spawnSync(
      'openssl',
      [
        'verify',
        '-attime',
        String(someDay.getTime() / 1000),
        '-no-CApath',
        '-no-CAstore',
        '-CAfile',
        write(
          'anchors.pem',
          pkis.map((pki) => pki.anchor),
        ),
        ...(intermediates.length > 0 ? ['-untrusted', write('bundle.pem', intermediates)] : []),
        ...optionsOf(setting),
        ...pkis.map(({ leaf }, i) => write(`${i}.pem`, [leaf])),
      ],
      {
        cwd: directory,
        encoding: 'utf8',
        env: { ...process.env, OPENSSL_CONF: '/dev/null' },
        maxBuffer: 64 * 2 ** 20,
      },
    );
    const good = new Set([...stdout.matchAll(/^(\d+)\.pem: OK$/gm)].map(([, number]) => number));
    const complaints = complaintsIn(stderr);
    return pkis.map((_, i) =>
      good.has(String(i))
        ? []
        : (complaints.get(String(i)) ?? [`says nothing: ${stderr.slice(-500)}`]),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function optionsOf(setting: PolicySetting): readonly string[] {
  return [
    '-policy_check',
    // Without any, not even anyPolicy, an explicit policy is never there for OpenSSL.
    ...[...setting.userInitialPolicySet].flatMap((policy) => ['-policy', policy]),
    ...(setting.initialExplicitPolicy ? ['-explicit_policy'] : []),
    ...(setting.initialAnyPolicyInhibit ? ['-inhibit_any'] : []),
    ...(setting.initialPolicyMappingInhibit ? ['-inhibit_map'] : []),
  ];
}

/** Errors come first, then the file they are of. */
function complaintsIn(stderr: string): ReadonlyMap<string, OpensslComplaints> {
  const complaints = new Map<string, OpensslComplaints>();
  let own: string[] = [];
  for (const line of stderr.split('\n')) {
    const found = /^error (\d+ at \d+ depth lookup: .*)$/.exec(line)?.[1];
    if (found !== undefined) own.push(found);
    const file = /^error (\d+)\.pem: verification failed$/.exec(line)?.[1];
    const unread = /^(?:Could not|Unable to).*? (\d+)\.pem/.exec(line)?.[1];
    if (file !== undefined) {
      complaints.set(file, own);
      own = [];
    }
    if (unread !== undefined) complaints.set(unread, [line]);
  }
  return complaints;
}

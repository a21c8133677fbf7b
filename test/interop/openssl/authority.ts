import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePem } from '../../../src/asn1/pem.ts';
import { opensslEnv } from './pki.ts';

/** A CA that `openssl ca` runs in a directory: a root, certificates full of extensions, a CRL, OCSP. */
export interface OpensslAuthority {
  /** Run `openssl` with the words of a line there, and give what it wrote to standard output. */
  openssl(line: string): string;
  /** DER of a file that is PEM or DER. */
  der(file: string): Uint8Array;
}

const configuration = `[ca]
default_ca = authority
[authority]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
default_md = sha256
policy = policy
default_days = 30
default_crl_days = 30
crl_extensions = crl
[policy]
commonName = supplied
[crl]
authorityKeyIdentifier = keyid
issuingDistributionPoint = critical, @idp
[idp]
fullname = URI:http://crl.example/1.crl
onlyuser = TRUE
[ee]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
subjectAltName = DNS:gw1.example, IP:192.0.2.1, URI:https://a.example/
crlDistributionPoints = point
authorityInfoAccess = OCSP;URI:http://ocsp.example/, caIssuers;URI:http://ca.example/ca.cer
certificatePolicies = 1.2.3.4, @practices
tlsfeature = status_request
[point]
fullname = URI:http://crl.example/1.crl
CRLissuer = dirName:issuer
reasons = keyCompromise, CACompromise
[issuer]
O = Test
CN = CRL Issuer
[practices]
policyIdentifier = 1.2.3.5
CPS.1 = https://cps.example/
[sub]
basicConstraints = critical, CA:TRUE, pathlen:2
nameConstraints = critical, permitted;DNS:example, excluded;IP:10.0.0.0/255.0.0.0
policyConstraints = requireExplicitPolicy:3, inhibitPolicyMapping:1
inhibitAnyPolicy = 2
policyMappings = 1.2.3.4:1.2.3.5
`;

/** Make the CA in an empty directory: certificates `ee`, `held` (both revoked) and `sub`, a CRL, OCSP. */
export function makeOpensslAuthority(directory: string): OpensslAuthority {
  const openssl = (line: string): string =>
    execFileSync('openssl', line.split(' '), {
      cwd: directory,
      encoding: 'utf8',
      stdio: 'pipe',
      env: opensslEnv(),
    });
  const write = (file: string, text: string): void => writeFileSync(join(directory, file), text);
  write('ca.cnf', configuration);
  write('index.txt', '');
  write('serial', '01AB\n');
  write('crlnumber', '1F\n');
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
  openssl(
    `req -config /dev/null -x509 ${key} -keyout ca.key -out ca.crt -subj /O=Test/CN=Root ` +
      '-addext subjectKeyIdentifier=hash',
  );
  const ca = 'ca -config ca.cnf -batch -cert ca.crt -keyfile ca.key';
  for (const name of ['ee', 'held', 'sub']) {
    openssl(
      `req -config /dev/null -new ${key} -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`,
    );
    const section = name === 'sub' ? 'sub' : 'ee';
    openssl(`${ca} -notext -extensions ${section} -in ${name}.csr -out ${name}.crt`);
  }
  openssl(`${ca} -revoke ee.crt -crl_reason keyCompromise`);
  openssl(`${ca} -revoke held.crt -crl_reason certificateHold`);
  openssl(`${ca} -gencrl -out crl.pem`);
  openssl('ocsp -issuer ca.crt -cert ee.crt -cert held.crt -cert sub.crt -reqout request.der');
  openssl(
    'ocsp -index index.txt -CA ca.crt -rsigner ca.crt -rkey ca.key -reqin request.der ' +
      '-respout response.der -ndays 3',
  );
  return {
    openssl,
    der(file) {
      const octets = readFileSync(join(directory, file));
      if (file.endsWith('.der')) return Uint8Array.from(octets);
      const [block] = decodePem(octets.toString('utf8'));
      if (!block) throw new Error(`no PEM block in ${file}`);
      return block.der;
    },
  };
}

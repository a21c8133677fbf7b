import { execFileSync } from 'node:child_process';
import { opensslEnv, type OpensslPki } from '../test/interop/openssl/pki.ts';

/** Add a client and an end entity with keys of RSA 2048 to the PKI, as `client-rsa` and `ee-rsa`. */
export function addRsa({ directory }: OpensslPki): void {
  const openssl = (line: string): void => {
    execFileSync('openssl', line.split(' '), { cwd: directory, stdio: 'pipe', env: opensslEnv() });
  };
  for (const name of ['client', 'ee']) {
    openssl(`genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out ${name}-rsa.key`);
    openssl(
      `req -config /dev/null -new -key ${name}-rsa.key -subj /O=Test/CN=${name} -out ${name}-rsa.csr`,
    );
    openssl(
      `x509 -req -in ${name}-rsa.csr -CA ca.crt -CAkey ca.key -sha256 -days 825 ` +
        `-extfile ${name}.ext -out ${name}-rsa.crt`,
    );
  }
}

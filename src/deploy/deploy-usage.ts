import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { DeployProbe, DeployTarget, OutputKind } from '../store/deployments-contract.ts';

/** Where the password of a PKCS #12 file is, as far as it matters here. */
export type PasswordPlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'env' | 'cred'; readonly name: string }
  | { readonly kind: 'prompt' | 'literal' };

/** A deployment in the words of `cert deploy`; the configuration file has the same. */
export type DeploymentWords = Readonly<
  Partial<
    Record<
      | OutputKind
      | 'owner'
      | 'group'
      | 'mode'
      | 'keyMode'
      | 'pidFile'
      | 'config'
      | 'program'
      | 'socket'
      | 'entry'
      | 'unit'
      | 'probe'
      | 'probeName',
      string | undefined
    >
  >
> & {
  readonly certName: Label;
  readonly to?: Label | undefined;
  readonly password?: PasswordPlace | undefined;
  readonly target?: DeployTarget['type'] | undefined;
  /** Connections; none is said by none. */
  readonly reauth?: readonly string[] | undefined;
  readonly probeStarttls?: DeployProbe['starttls'] | undefined;
};

/** Make the error of words after `cert deploy` that do not go together. */
export function deployUsage(why: string, hint: string): CertError {
  return new CertError('USAGE_INVALID', `Cannot run "cert deploy": ${why}`, { hint });
}

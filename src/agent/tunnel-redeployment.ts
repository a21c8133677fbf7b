import type { Clock } from '../base/clock.ts';
import type { Label } from '../base/label.ts';
import type { Log } from '../base/log.ts';
import type { IkeDaemon } from '../deploy/ike-daemon.ts';
import { authoritiesOf } from '../lifecycle/ipsec-authorities.ts';
import { readResponder } from '../lifecycle/responder-setting.ts';
import { ikeKeyId } from '../lifecycle/ipsec-key.ts';
import type { TrustedPeer } from '../lifecycle/ipsec-trust.ts';
import type { DeploymentRecord } from '../store/deployments-contract.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { CertificateRecord, Store } from '../store/store.ts';

/** Has done again what a charon has lost. */
export interface TunnelRedeployment {
  /**
   * @param isBack it was out of reach until now, or is another run of charon
   * @returns whether anything is to be done again
   * @throws {CertError} DELIVERY_FAILED when charon cannot be asked; STORE_…
   */
  look(
    daemon: Pick<IkeDaemon, 'connections' | 'keys' | 'authorities'>,
    socket: string,
    wants: WantedOfCharon,
    isBack: boolean,
  ): Promise<boolean>;
}

/** What a charon shall have. */
export interface WantedOfCharon {
  /** Of certificates that are deployed to it, whether for peers or for connections of others. */
  readonly names: readonly Label[];
  /** Whose connections shall be there. */
  readonly peers: readonly IpsecPeer[];
  readonly trusted: readonly TrustedPeer[];
}

/** A charon that loses again and again what it is given is not given it all the time: so often in a minute. */
const MAX_BEGUN = 3;
const MINUTE_MS = 60_000;

/** Make it. */
export function tunnelRedeployment({
  store,
  clock,
  log,
}: {
  readonly store: Pick<Store, 'certificates' | 'deployments' | 'keys' | 'schedule' | 'settings'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}): TunnelRedeployment {
  const begunAt = new Map<string, readonly number[]>();
  const lately = (name: string): readonly number[] => {
    const now = clock.now().getTime();
    return (begunAt.get(name) ?? []).filter((at) => at <= now && now - at < MINUTE_MS);
  };
  const keyIdOf = async ({ keyId }: CertificateRecord): Promise<string | undefined> =>
    keyId === undefined ? undefined : ikeKeyId((await store.keys.publicKey(keyId)).spki);

  /** A try that was under way when it was begun again may have failed after that, and put it off. */
  const isPutOff = async (name: string, { status }: DeploymentRecord): Promise<boolean> => {
    const begun = lately(name).length;
    if (status !== undefined || begun === 0 || begun >= MAX_BEGUN) return false;
    return (await store.schedule.failing(name)).some(({ job }) => job === 'deploy');
  };

  return {
    async look(daemon, socket, { names, peers, trusted }, isBack) {
      const connections = new Set(await daemon.connections());
      const keys = new Set(await daemon.keys());
      const authorities = new Set(await daemon.authorities());
      // Only whether there is one counts: what is loaded is found by its name.
      const url = (await readResponder(store.settings)) && 'http://127.0.0.1/';
      let isAny = false;
      for (const name of new Set([...names, ...peers.map(({ certificate }) => certificate)])) {
        const users = peers.filter(({ certificate }) => certificate === name);
        const record = await store.certificates.current(name);
        if (record === undefined) continue;
        const connection = users.find((peer) => !connections.has(peer.name));
        const key = await keyIdOf(record);
        const its = trusted.filter(({ peer }) => peer.certificate === name);
        const what =
          connection !== undefined
            ? `connection "${connection.name}"`
            : key !== undefined && !keys.has(key)
              ? `the key of "${name}"`
              : authoritiesOf(its, url).some((each) => !authorities.has(each.name))
                ? 'where to ask about a CA'
                : undefined;
        if (what === undefined) continue;
        for (const deployment of await store.deployments.list(name)) {
          const { label, target, status } = deployment;
          if (target?.type !== 'strongswan' || target.socket !== socket) continue;
          // What is being done, or waits for its turn, is left alone; what failed while charon was away is not.
          const isToBegin = isPending(deployment, record)
            ? (isBack && status?.error !== undefined) || (await isPutOff(name, deployment))
            : isBack || lately(name).length < MAX_BEGUN;
          if (!isToBegin) continue;
          log.info(`charon at "${socket}" has lost ${what}: "${name}" is deployed to it again`);
          begunAt.set(name, [...lately(name), clock.now().getTime()]);
          await store.deployments.restart(name, label);
          isAny = true;
        }
      }
      return isAny;
    },
  };
}

function isPending({ status }: DeploymentRecord, { id }: CertificateRecord): boolean {
  return status === undefined || status.state === 'pending' || status.certificateId !== id;
}

import type { LifecycleContext } from '../lifecycle/context.ts';
import type { DoctorFinding } from '../lifecycle/doctor-finding.ts';
import { readTunnels, type Tunnel } from '../lifecycle/ipsec-tunnels.ts';
import { agentOf } from './agent-lease.ts';
import { tunnelAlarms } from './tunnel-alarms.ts';

/**
 * Look how the tunnels of IPsec peers stand. That one is down may be as it should be: nobody needs it now. That charon
 * cannot be asked, has not what it needs, or that a peer is refused, is not.
 */
export async function examineTunnels(
  context: Pick<LifecycleContext, 'store' | 'clock' | 'livenessOf' | 'ike' | 'signal'>,
): Promise<readonly DoctorFinding[]> {
  const { store } = context;
  const peers = await store.ipsecPeers.list();
  if (peers.length === 0) return [];
  const tunnels = await readTunnels(context, peers);
  const refused = await tunnelAlarms(context).standing();
  const findings: DoctorFinding[] = [];
  if ((await agentOf(context)) === undefined) {
    findings.push({
      check: 'tunnel',
      severity: 'warning',
      text: 'no agent runs: charon gets no new CRLs, nobody judges who it lets in, and what it loses stays lost',
      remedy: 'Run it: certkeeper agent run',
    });
  }
  for (const [socket, its] of Map.groupBy(tunnels, ({ peer }) => peer.socket)) {
    findings.push(...ofCharon(socket, its, refused));
  }
  return findings;
}

function ofCharon(
  socket: string,
  tunnels: readonly Tunnel[],
  refused: readonly string[],
): readonly DoctorFinding[] {
  const silent = tunnels.find(({ status }) => status === 'unknown');
  if (silent !== undefined) {
    const text = silent.why ?? 'it does not answer';
    const remedy = 'Start charon; what it needs is loaded when it is there, if the agent runs';
    return [{ check: 'tunnel', about: socket, severity: 'error', text, remedy }];
  }
  const bad = tunnels.flatMap(
    ({ peer: { name, certificate }, status, why }): readonly DoctorFinding[] => {
      if (refused.includes(name)) {
        const remedy = `Its operator has to get another certificate; where nobody gives a word on it, see what is asked: certkeeper show ipsec peer ${name}; then certkeeper cert deploy cert-name ${certificate}`;
        const text = why ?? 'the peer is refused';
        return [{ check: 'tunnel', about: name, severity: 'error', text, remedy }];
      }
      if (status !== 'not loaded') return [];
      const text = 'charon has no such connection';
      const remedy = `See "certkeeper show cert ${certificate}" for how its deployment went`;
      return [{ check: 'tunnel', about: name, severity: 'error', text, remedy }];
    },
  );
  if (bad.length > 0) return bad;
  const up = tunnels.filter(({ status }) => status === 'established').length;
  const text = `${up} of ${tunnels.length} tunnels are established`;
  return [{ check: 'tunnel', about: socket, severity: 'ok', text }];
}

import type { Deployment } from '../store/deployments-contract.ts';
import type { StapleEndpoint } from '../store/staples-contract.ts';

/**
 * Say what keeps certificate and staple of one service apart: a deployment and an endpoint with different labels are told
 * one after the other, and a file that HAProxy is not told of is not read again. Sentences without a period, for a log.
 */
export function apartWarnings(
  endpoint: StapleEndpoint,
  deployments: readonly Deployment[],
): readonly string[] {
  if (deployments.some(({ label }) => label === endpoint.label)) return [];
  return deployments.flatMap((deployment) => {
    const why = apartFrom(endpoint, deployment);
    return why === undefined ? [] : [why];
  });
}

function apartFrom({ label, target }: StapleEndpoint, deployment: Deployment): string | undefined {
  const told = deployment.target;
  const other = deployment.label;
  const together = `deployment "${other}" is the same service as endpoint "${label}", under another label: "to ${other}" has certificate and response taken up together`;
  if (target.type === 'nginx' || target.type === 'lighttpd') {
    return told?.type === target.type && told.pidFile === target.pidFile ? together : undefined;
  }
  if (target.type !== 'haproxy') return undefined;
  if (!deployment.files.some(({ path }) => path === target.file)) return undefined;
  // Its staples would be found to be of another certificate from the first renewal on.
  return told === undefined
    ? `deployment "${other}" writes "${target.file}" and tells nobody: HAProxy takes up no renewal; give it "target haproxy socket ${target.socket}"`
    : together;
}

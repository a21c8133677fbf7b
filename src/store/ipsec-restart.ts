import { text } from './column.ts';
import { restartDeployment } from './deployments.ts';
import type { Row, Sql } from './sql.ts';

/** Let what is deployed for IPsec peers that believe a CA be done again: what its label stands for has changed in this write. */
export function restartPeersOfCa(sql: Sql, ca: string): void {
  restart(
    sql,
    sql.all(
      `SELECT DISTINCT certificate, socket FROM ipsec_peers AS peer
       WHERE EXISTS (SELECT 1 FROM json_each(peer.settings, '$.ca') WHERE value = @ca)
          OR EXISTS (SELECT 1 FROM validation_objects AS policy, json_each(policy.settings, '$.ca') AS named
             WHERE policy.kind = 'policy' AND policy.name = json_extract(peer.settings, '$.policy')
               AND named.value = @ca)`,
      { ca },
    ),
  );
}

/** Let what is deployed for IPsec peers with a policy be done again: that has changed in this write. */
export function restartPeersOfPolicy(sql: Sql, policy: string): void {
  restart(
    sql,
    sql.all(
      `SELECT DISTINCT certificate, socket FROM ipsec_peers
       WHERE json_extract(settings, '$.policy') = ?`,
      policy,
    ),
  );
}

function restart(sql: Sql, places: readonly Row[]): void {
  for (const row of places) {
    const certificate = text(row, 'certificate');
    const own = sql.all(
      `SELECT label FROM deployments WHERE name = ? AND target = 'strongswan' AND socket = ?`,
      certificate,
      text(row, 'socket'),
    );
    for (const each of own) restartDeployment(sql, certificate, text(each, 'label'));
  }
}

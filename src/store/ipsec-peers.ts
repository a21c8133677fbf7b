import { jsonObject, label, present, text } from './column.ts';
import type { Database } from './database.ts';
import { restartDeployment } from './deployments.ts';
import { IPSEC_DEPLOYMENT, type IpsecPeer, type IpsecPeers } from './ipsec-contract.ts';
import type { Row, Sql } from './sql.ts';

/** IPsec peers in SQLite. */
export function sqliteIpsecPeers(database: Database): IpsecPeers {
  return {
    list: () =>
      database.read((sql) => sql.all('SELECT * FROM ipsec_peers ORDER BY name').map(readPeer)),
    get: (name) => database.read((sql) => find(sql, name)),
    ofCertificate: (certificate) =>
      database.read((sql) =>
        sql
          .all('SELECT * FROM ipsec_peers WHERE certificate = ? ORDER BY name', certificate)
          .map(readPeer),
      ),
    put: (peer) =>
      database.write((sql) => {
        const former = find(sql, peer.name);
        const { name, certificate, socket, ...settings } = peer;
        sql.run(
          `INSERT OR REPLACE INTO ipsec_peers (name, certificate, socket, settings)
           VALUES (?, ?, ?, ?)`,
          name,
          certificate,
          socket,
          JSON.stringify(settings),
        );
        if (former && (former.certificate !== certificate || former.socket !== socket)) {
          left(sql, former);
        }
        if (deploymentsTo(sql, peer).length === 0) addDeployment(sql, peer);
        for (const each of deploymentsTo(sql, peer)) restartDeployment(sql, certificate, each);
      }),
    remove: (name) =>
      database.write((sql) => {
        const former = find(sql, name);
        if (former === undefined) return false;
        sql.run('DELETE FROM ipsec_peers WHERE name = ?', name);
        left(sql, former);
        return true;
      }),
  };
}

type Place = Pick<IpsecPeer, 'certificate' | 'socket'>;

function find(sql: Sql, name: string): IpsecPeer | undefined {
  const row = sql.get('SELECT * FROM ipsec_peers WHERE name = ?', name);
  return row && readPeer(row);
}

function readPeer(row: Row): IpsecPeer {
  return present({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what `put` wrote, by its type
    ...(jsonObject(row, 'settings') as Omit<IpsecPeer, 'name' | 'certificate' | 'socket'>),
    name: label(row, 'name'),
    certificate: label(row, 'certificate'),
    socket: text(row, 'socket'),
  });
}

function deploymentsTo(sql: Sql, { certificate, socket }: Place): readonly string[] {
  return sql
    .all(
      `SELECT label FROM deployments WHERE name = ? AND target = 'strongswan' AND socket = ?
       ORDER BY label`,
      certificate,
      socket,
    )
    .map((row) => text(row, 'label'));
}

function addDeployment(sql: Sql, { certificate, socket }: Place): void {
  const taken = new Set(
    sql
      .all('SELECT label FROM deployments WHERE name = ?', certificate)
      .map((row) => text(row, 'label')),
  );
  let chosen: string = IPSEC_DEPLOYMENT;
  for (let number = 2; taken.has(chosen); number++) chosen = `${IPSEC_DEPLOYMENT}-${number}`;
  sql.run(
    `INSERT INTO deployments (name, label, target, socket) VALUES (?, ?, 'strongswan', ?)`,
    certificate,
    chosen,
    socket,
  );
  sql.run('INSERT INTO ipsec_deployments (name, label) VALUES (?, ?)', certificate, chosen);
}

// A peer has left this place: what was made for the last one goes, and whatever else is deployed there is done again.
function left(sql: Sql, place: Place): void {
  const { certificate, socket } = place;
  const other = sql.get(
    'SELECT name FROM ipsec_peers WHERE certificate = ? AND socket = ?',
    certificate,
    socket,
  );
  for (const each of deploymentsTo(sql, place)) {
    const isMade =
      sql.get(
        'SELECT label FROM ipsec_deployments WHERE name = ? AND label = ?',
        certificate,
        each,
      ) !== undefined;
    if (other === undefined && isMade) {
      sql.run('DELETE FROM deployments WHERE name = ? AND label = ?', certificate, each);
    }
    restartDeployment(sql, certificate, each);
  }
}

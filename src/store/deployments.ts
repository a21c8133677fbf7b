import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { integer, label, oneOf, optional, present, text, texts, time } from './column.ts';
import type { Database } from './database.ts';
import type {
  Deployment,
  DeploymentRecord,
  DeploymentStatus,
  Deployments,
  DeployTarget,
} from './deployments-contract.ts';
import { storedHooks } from './hooks.ts';
import type { Row, Sql, SqlValue } from './sql.ts';
import { storedText } from './stored-text.ts';

/** Deployments and hooks in SQLite. */
export function sqliteDeployments(database: Database): Deployments {
  return {
    ...storedHooks(database),
    list: (name) =>
      database.read((sql) =>
        sql
          .all(
            `SELECT *, (name, label) IN (SELECT name, label FROM ipsec_deployments) AS is_for_peers
             FROM deployments WHERE name = ? ORDER BY label`,
            name,
          )
          .map((row) => readRecord(sql, row)),
      ),
    put: (name, deployment) =>
      database.write((sql) => {
        assertFree(sql, name, deployment);
        drop(sql, name, deployment.label);
        insert(sql, name, deployment);
        makePending(sql, name);
      }),
    remove: (name, which) =>
      database.write((sql) => {
        const had = drop(sql, name, which);
        // What is deployed nowhere else goes to the cert-store location again.
        const other = sql.get('SELECT label FROM deployments WHERE name = ?', name);
        if (had && other === undefined) makePending(sql, name);
        return had;
      }),
    charons: () =>
      database.read((sql) =>
        sql
          .all(
            `SELECT DISTINCT socket, name FROM deployments WHERE target = 'strongswan'
             ORDER BY socket, name`,
          )
          .map((row) => ({ name: label(row, 'name'), socket: text(row, 'socket') })),
      ),
    names: () =>
      database.read((sql) =>
        sql
          .all('SELECT name FROM deployments UNION SELECT name FROM hooks ORDER BY name')
          .map((row) => label(row, 'name')),
      ),
    restart: (name, which) =>
      database.write((sql) => {
        if (which !== undefined) return restartDeployment(sql, name, which);
        sql.run(`UPDATE deployments SET ${asNew} WHERE name = ?`, name);
        return makePending(sql, name);
      }),
    report: (name, which, { state, certificateId, at, error }) =>
      database.write((sql) => {
        sql.run(
          `UPDATE deployments SET state = ?, certificate_id = ?, changed_at = ?, error = ?
           WHERE name = ? AND label = ?`,
          state,
          certificateId,
          at,
          error === undefined ? undefined : storedText(error),
          name,
          which,
        );
      }),
  };
}

function makePending(sql: Sql, name: string): void {
  sql.run(
    `UPDATE certificates SET delivered_at = NULL, delivery_error = NULL, failed_at = NULL
     WHERE name = ? AND status = 'current'`,
    name,
  );
  // What was tried in vain before says nothing of what is to be done now.
  sql.run("DELETE FROM failing WHERE name = ? AND job = 'deploy'", name);
}

const asNew = 'state = NULL, certificate_id = NULL, changed_at = NULL, error = NULL';

/** Let one deployment be done again, whether it is there or was until now; its name becomes pending in this write. */
export function restartDeployment(sql: Sql, name: string, which: string): void {
  sql.run(`UPDATE deployments SET ${asNew} WHERE name = ? AND label = ?`, name, which);
  makePending(sql, name);
}

/**
 * Let what delivers the anchors of a CA be done again, with the certificates of that CA: the anchors have changed in
 * this write.
 */
export function restartAnchors(sql: Sql, ca: string): void {
  sql.run(
    `UPDATE deployments SET ${asNew}
     WHERE (name, label) IN (SELECT name, label FROM deployment_files WHERE kind = 'ca')
       AND name IN (SELECT name FROM certificates WHERE status = 'current' AND ca = ?)`,
    ca,
  );
  sql.run(
    `UPDATE certificates SET delivered_at = NULL, delivery_error = NULL, failed_at = NULL
     WHERE name IN (SELECT name FROM deployment_files WHERE kind = 'ca')
       AND status = 'current' AND ca = ?`,
    ca,
  );
}

function assertFree(sql: Sql, name: string, deployment: Deployment): void {
  for (const { path } of deployment.files) {
    const taken = sql.get('SELECT name, label FROM deployment_files WHERE path = ?', path);
    if (taken === undefined) continue;
    const owner = { name: text(taken, 'name'), label: text(taken, 'label') };
    if (owner.name === name && owner.label === deployment.label) continue;
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot deploy "${name}" to "${path}": deployment "${owner.label}" of "${owner.name}" writes that file`,
      { hint: 'Name another file, or undo the other one with "no cert deploy"' },
    );
  }
}

function drop(sql: Sql, name: string, which: string): boolean {
  return sql.run('DELETE FROM deployments WHERE name = ? AND label = ?', name, which).changes > 0;
}

function insert(sql: Sql, name: Label, deployment: Deployment): void {
  const { files, probe } = deployment;
  sql.run(
    `INSERT INTO deployments (name, label, owner, group_name, mode, key_mode, password, target, pid_file,
       program, config, socket, entry, unit, reauthenticates,
       probe_host, probe_port, probe_server_name, probe_starttls)
     VALUES (@name, @label, @owner, @group, @mode, @keyMode, @password, @target, @pidFile,
       @program, @config, @socket, @entry, @unit, @reauthenticates,
       @host, @port, @serverName, @starttls)`,
    {
      name,
      label: deployment.label,
      owner: deployment.owner,
      group: deployment.group,
      mode: deployment.mode,
      keyMode: deployment.keyMode,
      password: deployment.password,
      ...targetColumns(deployment.target),
      host: probe?.host,
      port: probe?.port,
      serverName: probe?.serverName,
      starttls: probe?.starttls,
    },
  );
  for (const { kind, path } of files) {
    sql.run(
      'INSERT INTO deployment_files (name, label, kind, path) VALUES (?, ?, ?, ?)',
      name,
      deployment.label,
      kind,
      path,
    );
  }
}

function targetColumns(target: DeployTarget | undefined): Readonly<Record<string, SqlValue>> {
  const none = {
    pidFile: null,
    program: null,
    config: null,
    socket: null,
    entry: null,
    unit: null,
    reauthenticates: null,
  };
  if (target?.type === 'strongswan') {
    const { type, socket, reauthenticates } = target;
    const connections = reauthenticates && JSON.stringify(reauthenticates);
    return { ...none, target: type, socket, reauthenticates: connections };
  }
  const { type = null, ...given } = target ?? {};
  return { ...none, target: type, ...given };
}

const kinds = ['key', 'cert', 'chain', 'fullchain', 'combined', 'pkcs12', 'der', 'ca'] as const;
const servers = ['nginx', 'lighttpd', 'proftpd', 'apache'] as const;
const targetTypes = [...servers, 'haproxy', 'systemd', 'strongswan'] as const;
const states = ['deployed', 'unused', 'pending'] as const;
const startings = ['ftp'] as const;

function readRecord(sql: Sql, row: Row): DeploymentRecord {
  const files = sql
    .all(
      'SELECT kind, path FROM deployment_files WHERE name = ? AND label = ?',
      text(row, 'name'),
      text(row, 'label'),
    )
    .map((file) => ({ kind: oneOf(file, 'kind', kinds), path: text(file, 'path') }));
  return present({
    label: label(row, 'label'),
    files: files.toSorted((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind)),
    owner: optional(row, 'owner', text),
    group: optional(row, 'group_name', text),
    mode: optional(row, 'mode', integer),
    keyMode: optional(row, 'key_mode', integer),
    password: optional(row, 'password', text),
    target: readTarget(row),
    probe:
      optional(row, 'probe_host', text) === undefined
        ? undefined
        : present({
            host: text(row, 'probe_host'),
            port: integer(row, 'probe_port'),
            serverName: optional(row, 'probe_server_name', text),
            starttls: optional(row, 'probe_starttls', (each, column) =>
              oneOf(each, column, startings),
            ),
          }),
    isForPeers: row['is_for_peers'] === 1 ? (true as const) : undefined,
    status: readStatus(row),
  });
}

function readTarget(row: Row): DeployTarget | undefined {
  const type = optional(row, 'target', (each, column) => oneOf(each, column, targetTypes));
  switch (type) {
    case undefined:
      return undefined;
    case 'haproxy':
      return present({
        type,
        socket: text(row, 'socket'),
        entry: optional(row, 'entry', text),
      });
    case 'strongswan':
      return present({
        type,
        socket: text(row, 'socket'),
        reauthenticates: optional(row, 'reauthenticates', texts),
      });
    case 'systemd':
      return present({ type, unit: text(row, 'unit'), program: optional(row, 'program', text) });
    default:
      return present({
        type,
        pidFile: text(row, 'pid_file'),
        program: optional(row, 'program', text),
        config: optional(row, 'config', text),
      });
  }
}

function readStatus(row: Row): DeploymentStatus | undefined {
  const state = optional(row, 'state', (each, column) => oneOf(each, column, states));
  // The certificate may have been removed since.
  const certificateId = optional(row, 'certificate_id', integer);
  if (state === undefined || certificateId === undefined) return undefined;
  return present({
    state,
    certificateId,
    at: time(row, 'changed_at'),
    error: optional(row, 'error', text),
  });
}

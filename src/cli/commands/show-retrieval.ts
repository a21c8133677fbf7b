import { listServers } from '../../lifecycle/retrieval-servers.ts';
import { viewCertificate } from '../certificate-view.ts';
import type { Body } from '../command.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatTable } from '../table.ts';

/** List the servers that files are fetched from. */
export const run: Body<Record<never, never>> = async (_args, context) => {
  const servers = (await readStored(context, ({ store }) => listServers(store))) ?? [];
  const json = servers.map((server) => ({
    server: server.origin,
    user: server.username,
    password: server.passwordSource,
    key: server.keySource,
    keyPassword: server.passphraseSource,
    hostKeys: server.fingerprints,
    knownHosts: server.knownHosts,
    tlsRoots: server.tlsRoots.map((der) => viewCertificate(der).subject),
  }));
  context.print.show({ servers: json }, () => {
    if (json.length === 0) {
      return `No server is set up${whereLooked(context)}; certkeeper retrieval server does so\n`;
    }
    const columns = ['SERVER', 'USER', 'PASSWORD OR KEY', 'BELIEVED BY'];
    return formatTable(
      columns.map((title) => ({ title })),
      json.map(({ server, user = '-', password, key, hostKeys, knownHosts, tlsRoots }) => [
        server,
        user,
        password ?? key ?? '-',
        [...hostKeys, ...(knownHosts === undefined ? [] : [knownHosts]), ...tlsRoots].join(', ') ||
          '-',
      ]),
    );
  });
  return 0;
};
